"""The embedded engine's settings for a new job: what it learns from, and below which confidence it says "unsure"."""

from __future__ import annotations

import streamlit as st

from classifier.bootstrap import services
from classifier.engines.local_options import THRESHOLD, LocalOptions
from classifier.expectations import Expectations, expectations
from pages.components.formats import percent
from pages.components.learning_view import learned_sentences
from pages.components.texts import t


def local_settings(taxonomy_id: str, language: str) -> LocalOptions:
    """Draw the settings with what each threshold can be expected to give."""
    learn = st.toggle(t("Learn from reviewed labels"), True, key="job_learn", help=t(
        "Products that somebody confirmed or corrected in this taxonomy answer for their repeats at once; from 40 on a "
        "model learns from them."))  # fmt: skip
    learn_expected = st.toggle(
        t("Learn from expected labels too"), False, key="job_learn_expected", disabled=not learn,
        help=t("A labelled file that is classified again is then answered from its own labels: its accuracy says "
               "nothing."),
    )  # fmt: skip
    found = expected_of(taxonomy_id, language, learn, learn_expected and learn)
    for sentence in learned_sentences(found):
        st.caption(sentence)
    threshold = st.slider(t("Unsure below a confidence of"), 0, 95, round(THRESHOLD * 100), 5, format="%d %%",
                          key="job_threshold", help=t("Answers below it are kept as proposals, with the outcome "
                                                      "“unsure”."))  # fmt: skip
    _expect(found, threshold / 100)
    return LocalOptions(threshold / 100, learn, learn_expected and learn)


@st.cache_data(ttl=20, max_entries=16, show_spinner=False)
def expected_of(taxonomy_id: str, language: str, learn: bool, learn_expected: bool) -> Expectations:
    """Return what can be expected, as of the last 20 s."""
    return expectations(services(), taxonomy_id, language, learn=learn, learn_expected=learn_expected)


def _expect(found: Expectations, threshold: float) -> None:
    at = found.at(threshold)
    basis = (t("by leaving out each of this taxonomy's examples in turn; where the doubtful were reviewed first, other "
               "products fare better") if found.is_measured_here
             else t("on the project's own development sets; your products may differ"))  # fmt: skip
    st.markdown(t("Expected: **{right}** of the answers right, **{share}** of the products answered.",
                  right=percent(at.precision), share=percent(at.coverage)))  # fmt: skip
    st.caption(t("Measured {basis}.", basis=basis))
    with st.expander(t("What each threshold gives"), icon=":material/tune:"):
        st.dataframe(
            [{"threshold": row.threshold, "precision": row.precision, "coverage": row.coverage}
             for row in found.thresholds],
            hide_index=True, height=280, alt=t("Expected precision and coverage by threshold"),
            column_config={
                "threshold": st.column_config.NumberColumn(t("Threshold"), format="percent"),
                "precision": st.column_config.NumberColumn(t("Expected precision"), format="percent"),
                "coverage": st.column_config.NumberColumn(t("Expected coverage"), format="percent"),
            },
        )  # fmt: skip
