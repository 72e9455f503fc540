"""The one process: the dashboard, the runner behind it, and the plain routes beside it."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.routing import Route

from api.app import routes as rest_routes
from classifier import taxonomies
from classifier.bootstrap import services
from pages.components.export_route import export_result
from pages.components.sign_in_settings import Misconfigured, secrets_of, settle
from pages.components.spool import clear_abandoned


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Start the runner before the first page and stop it after the last one."""
    try:
        settle(os.environ)  # reads secrets.toml too: its top-level values become environment variables (OPENAI_API_KEY)
    except Misconfigured as error:
        print(error, file=sys.stderr, flush=True)  # noqa: T201
        os._exit(1)  # an exception here would be a traceback, and Streamlit's process would stay without serving
    running = services()
    clear_abandoned(running.settings.spool)
    built_in = taxonomies.ensure_built_in(running)
    running.start()
    running.warm(built_in)
    gc.freeze()  # what is loaded by now never becomes garbage: later collections need not look at it
    try:
        yield
    finally:
        running.stop()


# must stay a literal st.App(...): `streamlit run` finds it by reading this file's syntax tree
app = st.App(
    Path(__file__).parent / "pages" / "_entry.py",
    lifespan=lifespan,
    routes=[Route("/export/{job_id}.{form}", export_result), *rest_routes()],
    secrets=secrets_of(os.environ),
)

if __name__ == "__main__":
    app.run()
