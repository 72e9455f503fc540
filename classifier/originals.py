"""The files that jobs were read from, kept as they came: only so can results go back into them, cell by cell."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from classifier.products import FieldMapping
from classifier.settings import Settings
from storage import JobNotFound, Store

JOB_ID = re.compile(r"[a-z2-7]{26}")
PIECE_BYTES = 1 << 20


def describe(path: Path, mapping: FieldMapping | None) -> dict[str, Any]:
    """Return a file's SHA-256, its size, and the mapping that it was read by (None: guessed while reading)."""
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while piece := source.read(PIECE_BYTES):
            digest.update(piece)
    told = None if mapping is None else asdict(mapping)
    return {"sha256": digest.hexdigest(), "n_bytes": path.stat().st_size, "mapping": told}


def keep(settings: Settings, store: Store, path: Path, job_id: str) -> None:
    """Keep a job's file; those of jobs that are gone are removed on the way. A full disk is no reason to fail."""
    folder = settings.home / "originals"
    folder.mkdir(parents=True, exist_ok=True)
    _sweep(folder, store)
    target = folder / job_id
    try:
        if path.resolve().is_relative_to(settings.spool):
            os.link(path, target)  # the spool's files are never changed: one copy on disk is enough
        else:
            shutil.copyfile(path, target)
    except OSError:
        target.unlink(missing_ok=True)


def find(settings: Settings, job_id: str) -> Path | None:
    """Return a job's file; None when it was not kept (REST, another machine, a full disk)."""
    path = settings.home / "originals" / job_id
    return path if JOB_ID.fullmatch(job_id) and path.is_file() else None


def mapping_of(source: Mapping[str, Any]) -> FieldMapping | None:
    """Rebuild the mapping from `describe`."""
    told = source.get("mapping")
    return None if told is None else FieldMapping(**{**told, "text": tuple(told["text"])})


def _sweep(folder: Path, store: Store) -> None:
    for path in folder.iterdir():
        try:
            store.job(path.name)
        except JobNotFound:
            path.unlink(missing_ok=True)
