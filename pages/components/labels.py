"""What states, kinds and categories are called on the pages."""

from __future__ import annotations

from collections.abc import Mapping

from classifier.taxonomy import Taxonomy
from pages.components.formats import NOTHING
from pages.components.texts import language, mark, t
from storage import ACTIVE, Job

NOT_A_PRODUCT, UNSURE = "not_a_product", "unsure"
OPENAI_LABEL = "OpenAI"

STATES: Mapping[str, tuple[str, str, str]] = {  # label, icon, colour
    "uploading": (mark("Uploading"), "upload", "gray"),
    "queued": (mark("Queued"), "schedule", "gray"),
    "processing": (mark("Processing"), "sync", "blue"),
    "cancelling": (mark("Cancelling"), "hourglass_top", "orange"),
    "paused": (mark("Paused"), "pause_circle", "orange"),
    "waiting": (mark("Waiting"), "hourglass_top", "orange"),
    "completed": (mark("Completed"), "check_circle", "green"),
    "failed": (mark("Stopped"), "error", "red"),
    "cancelled": (mark("Cancelled"), "cancel", "gray"),
}
KINDS: Mapping[str, str] = {
    "not_json": mark("No JSON in the answer"),
    "truncated": mark("Answer cut off"),
    "off_list": mark("Category outside the taxonomy"),
    "missing": mark("Left out of the answer"),
    "refused": mark("Refused by the model"),
    "content_filter": mark("Content filter"),
    "rate_limited": mark("Rate limit"),
    "server_error": mark("Service error"),
    "timeout": mark("No answer in time"),
    "connection": mark("Connection lost"),
    "quota": mark("Account out of credit"),
    "auth": mark("Key not accepted"),
    "bad_request": mark("Request not accepted"),
    "internal": mark("Fault of the program"),
    "wrong": mark("Wrong answer"),
    UNSURE: mark("Unsure"),
    "ok": mark("Answered"),
}
EVENTS: Mapping[str, str] = {
    "created": mark("Created"), "queued": mark("Queued"), "processing": mark("Started"),
    "completed": mark("Completed"), "failed": mark("Stopped"), "cancelled": mark("Cancelled"),
    "cancel requested": mark("Cancel asked"), "paused": mark("Paused"), "resumed": mark("Resumed"),
    "priority": mark("Priority"), "deleted": mark("Deleted"), "restored": mark("Restored"),
    "batch": mark("Batch"), "interrupted": mark("Interrupted"), "taken over": mark("Taken over"),
    "exported": mark("Exported"), "stood still": mark("Stood still"), "stronger model": mark("Stronger model"),
    "price entered": mark("Price entered"), "price forgotten": mark("Price forgotten"),
    "reviewed": mark("Reviewed"), "review taken back": mark("Review taken back"),
    "published": mark("Published"), "draft discarded": mark("Draft discarded"),
    "taxonomy imported": mark("Taxonomy imported"), "categories chosen": mark("Assignable categories chosen"),
    "setting changed": mark("Setting changed"), "role given": mark("Role given"), "role taken": mark("Role taken"),
    "token created": mark("Token created"), "token revoked": mark("Token revoked"),
}  # fmt: skip

ACTORS: Mapping[str, str] = {
    "analyst": mark("analyst"), "anaquel": "Anaquel", "rest": "REST", "cli": mark("command line"),
}  # fmt: skip
N_COLONS_OF_WORKERS = 3  # place:pid:birth:nonce


def event_label(kind: str) -> str:
    """Name what happened; an unknown kind as it is."""
    return t(EVENTS[kind]) if kind in EVENTS else kind


def actor_label(actor: str) -> str:
    """Name who did it: an analyst, the program itself, a face, a worker by the end of its long name; not escaped."""
    if actor in ACTORS:
        return t(ACTORS[actor])
    return t("worker {name}", name=actor[-8:]) if actor.count(":") >= N_COLONS_OF_WORKERS else actor


def state_of(job: Job) -> str:
    """Return a job's state as people see it: requests and waiting included."""
    if job.status not in ACTIVE:
        return str(job.status)
    if job.cancel_requested_at:
        return "cancelling"
    if job.pause_requested_at:
        return "paused"
    if job.ready_at is None:
        return "uploading"
    return "waiting" if job.waits_for else str(job.status)


def state_label(job: Job) -> str:
    """Name a job's state."""
    return t(STATES[state_of(job)][0])


def kind_label(kind: str) -> str:
    """Name a kind of failure; an unknown one as it is."""
    return t(KINDS[kind]) if kind in KINDS else kind


def engine_label(job: Job) -> str:
    """Name a job's engine and model; not escaped."""
    return t("Embedded engine") if job.engine == "local" else f"{OPENAI_LABEL} · {job.model or NOTHING}"


def category_label(taxonomy: Taxonomy, notation: str | None, *, path: bool = False) -> str:
    """Name a category in the session's language, or what stands in its place; not escaped."""
    if notation == NOT_A_PRODUCT:
        return t("Not a product")
    if notation == UNSURE:
        return t("Unsure")
    if not notation:
        return NOTHING
    if path and notation in taxonomy.concepts:
        return taxonomy.path_label(notation, language())
    return taxonomy.label(notation, language())


def category_and_branch(taxonomy: Taxonomy, notation: str) -> str:
    """Name a category and then its branch, for narrow columns that cut the end off; not escaped."""
    name = category_label(taxonomy, notation)
    branch = taxonomy.path(notation)[0] if notation in taxonomy.concepts else notation
    return name if branch == notation else f"{name} · {category_label(taxonomy, branch)}"


def n_done(job: Job) -> int:
    """Items that have their final outcome."""
    return job.n_classified + job.n_not_a_product + job.n_unsure + job.n_failed + job.n_cancelled
