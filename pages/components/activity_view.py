"""Who started, changed, exported or deleted what."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from classifier.bootstrap import services
from pages.components.formats import moment
from pages.components.labels import actor_label, event_label
from pages.components.texts import t, told

N_SHOWN = 200


def activity() -> None:
    """Draw the newest acts; product texts and names are data, so they stand in a table."""
    found = services().store.activity(N_SHOWN)
    if not found:
        st.caption(t("Nothing has been done yet: jobs that are started, changed, exported or deleted will stand here."))
        return
    rows = [
        {t("When"): moment(act.at), t("Who"): actor_label(act.actor), t("What was done"): event_label(act.action),
         t("Details"): told(act.what), t("Job"): act.job_id or ""}
        for act in found
    ]  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True, width="stretch")
