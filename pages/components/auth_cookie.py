"""The sign-in of a plain request: Streamlit's own cookie, for routes that are no page.

Streamlit reads it for its pages only, so its parts are put together here as its websocket does; the journey of the
sign-in (tests/journeys) fails when a new version of Streamlit keeps the sign-in in another way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from streamlit.auth_util import get_cookie_with_chunks, get_origin_from_redirect_uri
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from classifier.bootstrap import services
from classifier.people import Person, Role
from pages.components.person import ANALYST, person_with


def requester(cookies: Mapping[str, str]) -> Person:
    """Return who sent a request with these cookies. Raises NotSignedIn, NoAddress."""
    if not services().settings.sign_in.is_on:
        return Person(ANALYST, Role.ADMIN)
    return person_with(claims_of(cookies))


def claims_of(cookies: Mapping[str, str]) -> dict[str, Any]:
    """Return the claims of the sign-in; none when there is no cookie, or one that we did not sign."""

    def opened(name: str) -> bytes | None:
        signed = cookies.get(name)
        return None if signed is None else decode_signed_value(get_cookie_secret(), name, signed.encode("latin-1"))

    try:
        claims = json.loads(get_cookie_with_chunks(opened, USER_COOKIE_NAME) or b"null")
    except ValueError:
        return {}
    is_ours = isinstance(claims, dict) and claims.get("origin") == get_origin_from_redirect_uri()
    return claims if is_ours else {}
