"""How fast a job goes and when it may be done: a range, from what this session has seen and from the start on."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime

import streamlit as st

from pages.components.labels import n_done
from storage import Job

SEEN_S = 30.0


@dataclass(frozen=True)
class Pace:
    """rate: products a second now. remaining_s: (shortest, longest), None while nothing can be said."""

    rate: float | None
    remaining_s: tuple[float, float] | None


def pace_of(job: Job) -> Pace:
    """Note how far the job is and compare with what was noted in the last half minute."""
    n, now_s = n_done(job), time.monotonic()
    kept = st.session_state.get("pace")
    seen: list[tuple[float, int]] = kept[1] if kept and kept[0] == job.id else []
    seen = [(at_s, m) for at_s, m in seen if at_s > now_s - SEEN_S]
    seen.append((now_s, n))
    st.session_state["pace"] = (job.id, seen)
    rates = [rate for rate in (_recent(seen), _overall(job, n)) if rate]
    if not rates:
        return Pace(None, None)
    left = job.n_items - n
    return Pace(rates[0], (left / max(rates) * 0.9, left / min(rates) * 1.1))


def _recent(seen: list[tuple[float, int]]) -> float | None:
    (first_s, first_n), (last_s, last_n) = seen[0], seen[-1]
    return (last_n - first_n) / (last_s - first_s) if last_s - first_s > 1 else None


def _overall(job: Job, n: int) -> float | None:
    if job.started_at is None or not n:
        return None
    end_at = job.completed_at or datetime.now(UTC)
    elapsed_s = (end_at - job.started_at).total_seconds()
    return n / elapsed_s if elapsed_s > 0 else None
