"""The upload that is being prepared in this session: its file, the first look at it, and the count of all rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import streamlit as st

from classifier.bootstrap import services
from classifier.errors import UnreadableFile
from classifier.mappings import forget, recall, remember
from classifier.products import FieldMapping, ImportReport, Limits, Preview, Product, parse, preview
from classifier.settings import ROOT
from pages.components.spool import keep, plain_name

SAMPLES = ROOT / "data" / "samples"
LABELLED, UNLABELLED = SAMPLES / "supermarket_200.json", SAMPLES / "supermarket_200_unlabelled.json"
N_SHOWN, N_LABELS = 50, 5_000
N_TOLD = 2_000  # products between two looks at how far the reading is


@dataclass
class Draft:
    """One file on its way to a job. error: the sentence that says why no job can come of it.

    is_recalled: the mapping is the one chosen for an earlier file of this shape; n_guesses: how often it was let go.
    """

    path: Path
    name: str
    n_bytes: int
    is_ours: bool  # a sample of the project is never removed
    mapping: FieldMapping | None = None
    first: Preview | None = None
    report: ImportReport | None = None
    labels: Counter[str] = field(default_factory=Counter)
    error: str | None = None
    is_recalled: bool = False
    n_guesses: int = 0

    @property
    def texts(self) -> list[str]:
        """Some hundred of the products' texts, evenly over the file."""
        return self.report.sample if self.report else []

    def drop(self) -> None:
        """Remove the file."""
        if not self.is_ours:
            self.path.unlink(missing_ok=True)


def current_draft() -> Draft | None:
    """Return the session's draft, if its file is still there."""
    draft: Draft | None = st.session_state.get("draft")
    return draft if draft is not None and draft.path.exists() else None


def set_draft(draft: Draft | None) -> None:
    """Replace the session's draft; the file of the one before is removed."""
    before: Draft | None = st.session_state.pop("draft", None)
    if before is not None and (draft is None or before.path != draft.path):
        before.drop()
    if draft is not None:
        st.session_state["draft"] = draft


def from_upload(upload: Any) -> Draft:
    """Spool an upload."""
    path = keep(upload, services().settings.spool)
    return Draft(path, plain_name(upload.name), path.stat().st_size, is_ours=False)


def from_sample(path: Path) -> Draft:
    """Take one of the project's samples."""
    return Draft(path, path.name, path.stat().st_size, is_ours=True)


def read(draft: Draft, tell: Callable[[float, int], object]) -> None:
    """Look at the first rows and count all of them in one stream; tell(share, rows) says how far it is."""
    limits = Limits(n_bytes=services().settings.max_upload_bytes)
    draft.error, report = None, ImportReport()
    draft.labels = Counter()
    try:
        with draft.path.open("rb") as stream:
            draft.first = _first_look(draft, stream, limits)
            _count(draft, stream, limits, report, tell)
    except UnreadableFile as error:
        draft.error = str(error)
    draft.report = report


def _first_look(draft: Draft, stream: BinaryIO, limits: Limits) -> Preview:
    first = preview(stream, limits, draft.mapping, N_SHOWN)
    if draft.mapping is None and not draft.n_guesses and (known := recall(services().store, first)):
        draft.mapping, draft.is_recalled = known, True
        stream.seek(0)
        first = preview(stream, limits, known, N_SHOWN)
    return first


def choose(draft: Draft, mapping: FieldMapping | None) -> None:
    """Read the file by another mapping, and files of its shape too from now on; None: guess it again."""
    assert draft.first is not None
    if mapping is None:
        draft.n_guesses += 1
        forget(services().store, draft.first)
    else:
        remember(services().store, draft.first, mapping)
    draft.mapping, draft.report, draft.is_recalled = mapping, None, False


def _count(draft: Draft, stream: BinaryIO, limits: Limits, report: ImportReport,
           tell: Callable[[float, int], object]) -> None:  # fmt: skip
    stream.seek(0)
    for n, row in enumerate(parse(stream, limits, draft.mapping)):
        report.add(row)
        told = row.expected if isinstance(row, Product) else None
        if told is not None and (told in draft.labels or len(draft.labels) < N_LABELS):
            draft.labels[told] += 1
        if n % N_TOLD == 0:
            tell(0.0 if stream.closed else min(1.0, stream.tell() / max(1, draft.n_bytes)), report.n_rows)
