"""Cached reads of a job, keyed by its counters: charts keep their selections while nothing has changed."""

from __future__ import annotations

import streamlit as st

from classifier.analysis.confusion import ConfusionMatrix, confusion_matrix
from classifier.analysis.costs import Costs, costs
from classifier.analysis.hierarchy import Nearness, count_nearness, lifter
from classifier.analysis.job_analysis import Analysis, current
from classifier.analysis.tree import Node, tree
from classifier.bootstrap import services
from classifier.metrics import Report, confusions, evaluate
from classifier.taxonomy import Taxonomy
from pages.components.labels import n_done
from storage import Job, Spend, TallyRow

_Seen = tuple[int, int]


def _seen(job: Job) -> _Seen:
    """What a job's figures depend on: the items that ended, and how often reviews changed what is expected."""
    return n_done(job), job.label_seq


def tallies(job: Job) -> list[TallyRow]:
    """How the job's items ended."""
    return _tallies(job.id, _seen(job))


@st.cache_data(max_entries=64, ttl=600, show_spinner=False)
def _tallies(job_id: str, n: _Seen) -> list[TallyRow]:  # noqa: ARG001
    return services().store.tallies(job_id)


def spend(job: Job) -> list[Spend]:
    """Attempts and money of the job by model, day and kind."""
    return _spend(job.id, job.n_attempts)


@st.cache_data(max_entries=64, ttl=600, show_spinner=False)
def _spend(job_id: str, n: int) -> list[Spend]:  # noqa: ARG001
    return services().store.spend(job_id)


def taxonomy_of(job: Job) -> Taxonomy:
    """Return the taxonomy version that the job uses."""
    return services().builder.taxonomy(job.taxonomy_id)


def lifted(taxonomy: Taxonomy, notation: str, level: int | None) -> str:
    """Return the ancestor at a level (1 is the top), the notation itself when it is not that deep or not a concept."""
    if level is None or notation not in taxonomy.concepts:
        return notation
    path = taxonomy.path(notation)
    return path[min(level, len(path)) - 1]


def report_of(job: Job, level: int | None = None) -> Report:
    """Return coverage, accuracy and categories at a level; None: the exact category."""
    return _report(job.id, _seen(job), job.taxonomy_id, level)


@st.cache_data(max_entries=256, ttl=600, show_spinner=False)
def _report(job_id: str, n: _Seen, taxonomy_id: str, level: int | None) -> Report:
    return evaluate(_tallies(job_id, n), lifter(services().builder.taxonomy(taxonomy_id), level))


def confusions_of(job: Job, level: int | None = None) -> list[tuple[str, str, int]]:
    """Return (expected, answered, n) of wrong answers at a level; None: the exact category."""
    return _confusions(job.id, _seen(job), job.taxonomy_id, level)


@st.cache_data(max_entries=32, ttl=600, show_spinner=False)
def _confusions(job_id: str, n: _Seen, taxonomy_id: str, level: int | None) -> list[tuple[str, str, int]]:
    return confusions(_tallies(job_id, n), lifter(services().builder.taxonomy(taxonomy_id), level))


def nearness_of(job: Job) -> dict[Nearness, int]:
    """Return how many items are how near to their labels."""
    return _nearness(job.id, _seen(job), job.taxonomy_id)


@st.cache_data(max_entries=32, ttl=600, show_spinner=False)
def _nearness(job_id: str, n: _Seen, taxonomy_id: str) -> dict[Nearness, int]:
    return count_nearness(services().builder.taxonomy(taxonomy_id), _tallies(job_id, n))


def tree_of(job: Job) -> list[Node]:
    """Return the concepts that have items, with their sums."""
    return _tree(job.id, _seen(job), job.taxonomy_id)


@st.cache_data(max_entries=32, ttl=600, show_spinner=False)
def _tree(job_id: str, n: _Seen, taxonomy_id: str) -> list[Node]:
    return tree(services().builder.taxonomy(taxonomy_id), _tallies(job_id, n))


def matrix_of(job: Job, branch: str | None) -> ConfusionMatrix:
    """Return the confusion matrix of a branch; None: of the top concepts."""
    return _matrix(job.id, _seen(job), job.taxonomy_id, branch)


@st.cache_data(max_entries=64, ttl=600, show_spinner=False)
def _matrix(job_id: str, n: _Seen, taxonomy_id: str, branch: str | None) -> ConfusionMatrix:
    return confusion_matrix(services().builder.taxonomy(taxonomy_id), _tallies(job_id, n), branch)


def failures_by_kind(job: Job) -> dict[str, int]:
    """Return how many items failed, by kind, the most frequent first."""
    n: dict[str, int] = {}
    for row in tallies(job):
        if row.outcome.startswith("failed:"):
            kind = row.outcome.removeprefix("failed:")
            n[kind] = n.get(kind, 0) + row.n
    return dict(sorted(n.items(), key=lambda pair: -pair[1]))


def analysis_of(job: Job) -> Analysis | None:
    """Return the job's analysis as it is now, None when there is none yet; a fresh one is made in the background."""
    found = _analysis(job.id, _seen(job))
    if found is None or found.is_partial:  # look again next time
        _analysis.clear(job.id, _seen(job))
    return found


@st.cache_resource(max_entries=8, ttl=600, show_spinner=False)
def _analysis(job_id: str, n: _Seen) -> Analysis | None:  # noqa: ARG001
    return current(services(), services().store.job(job_id))


def costs_of(job: Job) -> Costs:
    """Return the job's money from its sums."""
    return _costs(job.id, _seen(job), job.n_attempts, job.status)


@st.cache_data(max_entries=16, ttl=600, show_spinner=False)
def _costs(job_id: str, n: _Seen, n_attempts: int, status: str) -> Costs:  # noqa: ARG001
    return costs(services(), services().store.job(job_id))
