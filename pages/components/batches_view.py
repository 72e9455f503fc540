"""What a job has handed to its provider's Batch API, and how far that is."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from classifier.bootstrap import services
from pages.components.formats import NOTHING, moment, number
from pages.components.texts import t
from storage import Job

STATES = {
    "intended": "to be sent", "uploaded": "to be sent", "validating": "being checked", "in_progress": "under way",
    "finalizing": "under way", "completed": "completed", "expired": "expired", "failed": "refused",
    "cancelling": "being stopped", "cancelled": "stopped", "never sent": "never sent",
}  # fmt: skip


def batches_view(job: Job) -> None:
    """Draw the batches; nothing for a job that asks live."""
    if not (job.spec or {}).get("options", {}).get("provider_batch"):
        return
    found = services().store.batches_of_job(job.id)
    if not found:
        return
    st.markdown(f"**{t('Batches at the provider')}**")
    rows = [
        {"at": moment(batch.submitted_at) if batch.submitted_at else NOTHING, "state": _state(batch.status),
         "done": t("{n} of {m} requests", n=number(batch.n_done + batch.n_failed), m=number(batch.n_requests)),
         "until": moment(batch.expires_at) if batch.expires_at and not batch.read_at else NOTHING,
         "id": batch.batch_id or NOTHING}
        for batch in found
    ]  # fmt: skip
    st.dataframe(
        pd.DataFrame(rows), hide_index=True, alt=t("Batches at the provider, oldest first"), column_config={
            "at": t("Submitted"), "state": t("State"), "done": t("Answered"), "until": t("Expires"),
            "id": t("Name there"),
        },
    )  # fmt: skip


def _state(status: str) -> str:
    words = {
        "to be sent": t("to be sent"), "being checked": t("being checked"), "under way": t("under way"),
        "completed": t("completed"), "expired": t("expired"), "refused": t("refused"),
        "being stopped": t("being stopped"), "stopped": t("stopped"), "never sent": t("never sent"),
    }  # fmt: skip
    return words[STATES.get(status, "under way")]
