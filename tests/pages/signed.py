"""Pages as a signed-in person sees them: the claims of an ID token in place of Streamlit's cookie."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
OpenAs = Callable[..., AppTest]


def claims(email: str, **other: Any) -> dict[str, Any]:
    return {"is_logged_in": True, "email": email, "email_verified": True, "iat": int(time.time())} | other


def open_as(email: str | None, page: str = "", language: str = "en-GB", **query: str) -> AppTest:
    """Open a page as this person; None: nobody has signed in."""
    at = AppTest.from_file(ROOT / "pages" / "_entry.py", default_timeout=60)
    at.context, at.user = {"locale": language}, claims(email) if email else {"is_logged_in": False}
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    return at.switch_page(f"{page}.py").run() if page else at
