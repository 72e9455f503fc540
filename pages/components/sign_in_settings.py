"""Whether people sign in here: decided once, before the first page, from secrets.toml or the environment."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from streamlit import config

from classifier.identity import OIDC_SETTINGS

MIN_SECRET_CHARS = 32  # whoever guesses the secret can write himself a sign-in
Secrets = dict[str, dict[str, str]]


class Misconfigured(ValueError):
    """Sign-in is asked for and cannot work: better no server than one that lets everybody in."""


def secrets_of(env: Mapping[str, str]) -> Secrets:
    """Return Streamlit's [auth] from ANAQUEL_OIDC_REDIRECT_URI and so on; empty when none of them is set."""
    told = {key: env.get(name, "").strip() for key, name in OIDC_SETTINGS.items()}
    return {"auth": {key: value for key, value in told.items() if value}} if any(told.values()) else {}


def settle(env: MutableMapping[str, str]) -> None:
    """Check the sign-in and tell the rest of the program (ANAQUEL_SIGN_IN) that it is on; raises Misconfigured.

    ANAQUEL_SIGN_IN=1 set by the operator asks for it: then a secrets file that is not there stops the start.
    """
    auth = _auth()
    if auth is None:
        if env.get("ANAQUEL_SIGN_IN", "").strip() == "1":
            raise Misconfigured("ANAQUEL_SIGN_IN=1 asks for a sign-in, but neither secrets.toml has [auth] nor the "
                                "environment ANAQUEL_OIDC_CLIENT_ID and the others.")  # fmt: skip
        return
    _check(auth)
    env["ANAQUEL_SIGN_IN"] = "1"


def _auth() -> Mapping[str, object] | None:
    """Return [auth]; None when there is none. A file that is there and cannot be read is no "none"."""
    if not st.secrets.load_if_toml_exists():
        broken = [path for path in config.get_option("secrets.files") if Path(path).exists()]
        if broken:
            raise Misconfigured(f"{broken[0]} cannot be read, so nobody knows whether people must sign in: mend it.")
        return None
    auth = st.secrets.get("auth")
    if auth is not None and not isinstance(auth, Mapping):
        raise Misconfigured("auth in secrets.toml must be a section: [auth].")
    return auth


def _check(auth: Mapping[str, object]) -> None:
    missing = [key for key in OIDC_SETTINGS if not str(auth.get(key) or "").strip()]
    if missing:
        raise Misconfigured(f"The sign-in lacks {', '.join(missing)} (in [auth] of secrets.toml, or ANAQUEL_OIDC_… ).")
    if len(str(auth["cookie_secret"])) < MIN_SECRET_CHARS:
        raise Misconfigured(f"The sign-in's cookie_secret needs {MIN_SECRET_CHARS} characters or more: "
                            "python -c \"import secrets; print(secrets.token_hex(32))\"")  # fmt: skip
    if urlsplit(str(auth["redirect_uri"])).path.rpartition("/")[2] != "oauth2callback":
        raise Misconfigured("The sign-in's redirect_uri ends with /oauth2callback.")
