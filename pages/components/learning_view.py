"""What the embedded engine has learned on a taxonomy, with the figures that say what it is worth."""

from __future__ import annotations

import streamlit as st

from classifier.engines.local_options import FEWEST_EXAMPLES
from classifier.expectations import Expectations
from pages.components.figures import figure, share_figure
from pages.components.formats import interval, number, of, percent
from pages.components.texts import t, tn


def learned_sentences(found: Expectations) -> list[str]:
    """Say in a sentence or two what the engine would learn from, and what that gave."""
    report = found.learned
    if report is None:
        return [t("Nothing to learn from yet: no product of this taxonomy was reviewed.")]
    counts = tn("{n} example", "{n} examples", report.n_examples)
    if not report.n_trained or report.accuracy is None or report.before is None:
        return [t("{examples}: they answer for their repeats. A model joins from {n} on.", examples=counts,
                  n=number(FEWEST_EXAMPLES))]  # fmt: skip
    return [
        t("{examples} of {k} categories; the model's share of the score is {share}.", examples=counts,
          k=number(report.n_classes), share=percent(report.share)),
        t("Cross-validated accuracy: {after} ({counts}, 95% interval {interval}); labels and lexicon alone: {before}.",
          after=percent(report.accuracy.value), counts=of(report.accuracy), interval=interval(report.accuracy),
          before=percent(report.before.value)),
    ]  # fmt: skip


def learning_view(found: Expectations) -> None:
    """Draw the figures of what was learned."""
    st.subheader(t("What the embedded engine has learned"))
    report = found.learned
    if report is None or report.accuracy is None or report.before is None:
        for sentence in learned_sentences(found):
            st.caption(sentence)
        return
    with st.grid(4):
        origins = {"k": number(found.n_reviewed), "n": number(found.n_expected)}
        figure(t("Examples"), number(report.n_examples), t("{k} reviewed, {n} from expected labels", **origins))
        figure(t("The model's share"), percent(report.share), t("of the score; it learned from {n} examples",
                                                                n=number(report.n_trained)))  # fmt: skip
        share_figure(t("Cross-validated accuracy"), report.accuracy, t("Each example judged without itself."),
                     t("right"))  # fmt: skip
        share_figure(t("Labels and lexicon alone"), report.before, t("On the same examples."), t("right"))
    st.caption(t("Measured on the examples. Where the doubtful were reviewed first, other products fare better."))
