"""Whether people sign in is settled once; what cannot be read stops the start instead of opening the door."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from classifier.identity import OIDC_SETTINGS
from pages.components.sign_in_settings import Misconfigured, secrets_of
from tests.served import ROOT, clean_env

SETTLE = """
import os
from pages.components.sign_in_settings import Misconfigured, settle
try:
    settle(os.environ)
except Misconfigured as error:
    print("refused:", error)
else:
    print("on" if os.environ.get("ANAQUEL_SIGN_IN") == "1" else "off")
"""
WHOLE = {
    "redirect_uri": "https://a.example.com/oauth2callback", "cookie_secret": "c" * 32, "client_id": "id",
    "client_secret": "secret-of-the-client", "server_metadata_url": "https://idp.example.com/x",
}  # fmt: skip


def settled(folder: Path, toml: str | None, **env: str) -> str:
    if toml is not None:
        (folder / ".streamlit").mkdir()
        (folder / ".streamlit" / "secrets.toml").write_text(toml)
    told = subprocess.run([sys.executable, "-c", SETTLE], cwd=folder, capture_output=True, text=True, check=True,
                          env=clean_env(folder, HOME=str(folder), PYTHONPATH=str(ROOT), **env))  # fmt: skip
    assert "secret-of-the-client" not in told.stdout + told.stderr
    if toml is None:
        assert not told.stderr
    return told.stdout.strip()


def section(**other: str) -> str:
    return "[auth]\n" + "".join(f'{key} = "{value}"\n' for key, value in (WHOLE | other).items() if value)


def test_without_a_secrets_file_nobody_signs_in_and_nothing_is_printed(tmp_path: Path) -> None:
    assert settled(tmp_path, None) == "off"


@pytest.mark.parametrize(("toml", "told"), [
    (section(), "on"),
    ('OPENAI_API_KEY = "sk-x"\n', "off"),
    ("[auth\n", ".streamlit/secrets.toml cannot be read, so nobody knows"),
    ('auth = "yes"\n', "refused: auth in secrets.toml must be a section"),
    (section(client_id="", cookie_secret=" "), "refused: The sign-in lacks cookie_secret, client_id"),
    (section(cookie_secret="c" * 31), "refused: The sign-in's cookie_secret needs 32 characters"),
    (section(redirect_uri="https://a.example.com/"), "refused: The sign-in's redirect_uri ends with /oauth2callback"),
])  # fmt: skip
def test_a_secrets_file_turns_the_sign_in_on_or_says_what_is_wrong(tmp_path: Path, toml: str, told: str) -> None:
    assert told in settled(tmp_path, toml)


def test_a_sign_in_that_is_asked_for_and_not_set_up_stops_the_start(tmp_path: Path) -> None:
    assert settled(tmp_path, None, ANAQUEL_SIGN_IN="1").startswith("refused: ANAQUEL_SIGN_IN=1 asks for a sign-in")


def test_the_environment_gives_the_same_section_as_the_file() -> None:
    env = {name: WHOLE[key] for key, name in OIDC_SETTINGS.items()}
    assert secrets_of(env) == {"auth": WHOLE}
    assert secrets_of({}) == secrets_of(dict.fromkeys(env, "")) == {}
    assert secrets_of({"ANAQUEL_OIDC_CLIENT_ID": "id"}) == {"auth": {"client_id": "id"}}
    assert issubclass(Misconfigured, ValueError)
