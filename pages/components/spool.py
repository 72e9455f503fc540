"""Uploads on their way: from the browser's copy in memory to a file of ours that is read in streams."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from secrets import token_hex
from typing import Any

from classifier.products.product import UNSAFE

ABANDONED_S = 24 * 3600
NAME_LENGTH = 80


def keep(upload: Any, folder: Path) -> Path:
    """Copy an upload to disk under a name of ours and free the browser's copy; returns the new file."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{token_hex(12)}.upload"
    with path.open("wb") as target:
        shutil.copyfileobj(upload, target, 1 << 20)
    _release(upload)
    return path


def _release(upload: Any) -> None:
    """Free the memory of an upload: a private call of Streamlit, guarded; without it each file stays for a session."""
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    context = get_script_run_ctx(suppress_warning=True)
    remove = getattr(getattr(context, "uploaded_file_mgr", None), "remove_file", None)
    if context is not None and remove is not None:
        remove(session_id=context.session_id, file_id=upload.file_id)
    upload.close()


def clear_abandoned(folder: Path) -> None:
    """Remove uploads that nobody started within a day."""
    for path in folder.glob("*.upload"):
        if path.stat().st_mtime < time.time() - ABANDONED_S:
            path.unlink(missing_ok=True)


def plain_name(name: str) -> str:
    """Give a file's name as a job's name: printable, short, never empty."""
    return UNSAFE.sub("", name).strip()[:NAME_LENGTH] or "products"
