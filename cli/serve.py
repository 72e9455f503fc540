"""anaquel serve: the dashboard, REST and the runner in one process."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from classifier.settings import ROOT


def serve(
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8000,
    address: Annotated[str, typer.Option(help="127.0.0.1 is this machine only; create API tokens before you open "
                                              "it.")] = "127.0.0.1",
) -> None:  # fmt: skip
    """Serve the dashboard and REST until Ctrl-C."""
    os.chdir(ROOT)  # .streamlit/config.toml is there
    command = [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", str(port),
               "--server.address", address]  # fmt: skip
    os.execv(sys.executable, command)  # noqa: S606
