"""Steps 2 and 3: what a cluster is taken for, and the remedies with their evidence, to be ticked."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from classifier.bootstrap import services
from classifier.errors import ClassifierError
from classifier.people import Act
from classifier.remedies import Evidence, Remedy
from classifier.repair import editing
from classifier.repair.clusters import Cluster
from classifier.repair.editing import Version
from classifier.repair.model_proposals import Proposed, ask_model
from classifier.repair.repairing import Causes
from classifier.taxonomy import Taxonomy
from pages.components.author import author
from pages.components.change_words import CAUSES, category_words, kind_words
from pages.components.escaping import plain, safe
from pages.components.figures import figure
from pages.components.fix_cluster import causes_of, cluster_words
from pages.components.fix_steps import go, onward
from pages.components.formats import number, usd
from pages.components.job_form import MODELS
from pages.components.labels import category_label
from pages.components.person import must, person
from pages.components.texts import t, tn, told
from storage import Job, StorageError

N_CONFUSIONS, N_REMEDIES = 15, 200


def why(job: Job, taxonomy: Taxonomy, cluster: Cluster) -> None:
    """Draw the confusions of the cluster and examples of them."""
    found = causes_of(job, cluster)
    if not found.cluster:
        st.info(t("No product is like this. Choose another group or trouble."))
        return
    st.markdown(cluster_words(taxonomy, cluster, len(found.cluster)))
    kinds = {remedy.cause for remedy in found.remedies if remedy.is_advised}
    with st.grid(3):
        figure(t("Right category known"), number(found.n_labelled),
               t("of {n} products: by the file or a reviewer", n=number(len(found.cluster))))  # fmt: skip
        figure(t("Confusions"), number(len(found.confusions)), t("different pairs of right and answered category"))
        figure(t("Remedies"), number(len(found.remedies)),
               t("{n} of them are advised", n=number(sum(r.is_advised for r in found.remedies))))  # fmt: skip
    for cause in sorted(kinds):
        n = sum(r.n_cluster for r in found.remedies if r.cause is cause and r.is_advised)
        st.markdown("- " + tn("{n} product: {cause}", "{n} products: {cause}", n, cause=t(CAUSES[cause])))
    _confusions(found, taxonomy)
    if not found.n_labelled:
        st.warning(t("Nobody said where these products belong: all remedies are guesses. Review a few first, then come "
                     "back."), icon=":material/label_off:")  # fmt: skip
    onward(2, t("See the remedies"), disabled=not found.remedies)


def _confusions(found: Causes, taxonomy: Taxonomy) -> None:
    rows = [{"truth": category_label(taxonomy, c.truth), "answer": _answer(taxonomy, c.answer), "n": c.n}
            for c in found.confusions[:N_CONFUSIONS]]  # fmt: skip
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="fix_confusions", alt=t("What products are taken for"),
                 column_config={
                     "truth": st.column_config.TextColumn(t("Belongs to"), width="medium"),
                     "answer": st.column_config.TextColumn(t("Answered as"), width="medium"),
                     "n": st.column_config.ProgressColumn(t("Products"), min_value=0, format="%d",
                                                          max_value=max(c.n for c in found.confusions)),
                 })  # fmt: skip


def remedies(job: Job, taxonomy: Taxonomy, cluster: Cluster) -> None:
    """Draw the proposals; what is ticked goes to the draft."""
    found = causes_of(job, cluster)
    draft = editing.draft(services(), job.taxonomy_id)
    present = set((draft or editing.in_use(services(), job.taxonomy_id)).overlay.changes())
    proposed = [*_from_model(job, cluster), *found.remedies]
    shown = [remedy for remedy in proposed if remedy.change not in present][:N_REMEDIES]
    n_there = sum(remedy.change in present for remedy in found.remedies)
    if n_there:
        st.success(tn("{n} of these remedies is in the draft or in use already.",
                      "{n} of these remedies are in the draft or in use already.", n_there))  # fmt: skip
    if not shown:
        st.caption(t("There is nothing more to propose for these products."))
        onward(3, t("Go on to publish"))
        return
    if found.n_looked < found.n_ended:
        st.caption(t("Counted over the first {k} of {n} products.", k=number(found.n_looked),
                     n=number(found.n_ended)))  # fmt: skip
    if job.engine == "local":
        st.caption(t("Notes for the prompt are read by language models only; labels and examples by the embedded "
                     "engine too."))  # fmt: skip
    ticked = _table(job, cluster, shown, taxonomy)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        who = author("fix_author_3")
        label = tn("Add {n} remedy to the draft", "Add {n} remedies to the draft", len(ticked))
        if st.button(label, type="primary", icon=":material/playlist_add:", key="fix_accept", disabled=not ticked):
            _accept(job, draft, [shown[i] for i in ticked], who)
    _evidence(shown, taxonomy)
    if n_there:
        onward(3, t("Go on to publish"))


def _from_model(job: Job, cluster: Cluster) -> Sequence[Remedy]:
    """Offer to ask a language model, where there is a key; what it proposed is kept for this session."""
    if not services().settings.openai_api_key or not person().may(Act.START):
        return ()
    kept: dict[tuple[str, Cluster], Proposed] = st.session_state.setdefault("fix_proposed", {})
    with st.container(horizontal=True, vertical_alignment="bottom"):
        model = st.selectbox(t("Model"), MODELS, accept_new_options=True, key="fix_model", width=220)
        if st.button(
            t("Ask the model too"),
            icon=":material/smart_toy:",
            key="fix_ask",
            help=t("Sends the texts of up to 60 of these products; what it costs goes on the job's bill."),
        ):
            must(Act.START)
            kept[job.id, cluster] = ask_model(services(), job, cluster, model or MODELS[0])
    told_by = kept.get((job.id, cluster))
    if told_by is None:
        return ()
    cost = t("unknown") if told_by.cost_usd is None else usd(told_by.cost_usd).replace("$", r"\$")
    said = tn("{n} proposal from {model}", "{n} proposals from {model}", len(told_by.remedies),
              model=safe(told_by.model)) + " · " + t("Cost: {cost}", cost=cost)  # fmt: skip
    if told_by.problem:
        st.warning(f"{safe(told(told_by.problem), 300)} {said}")
    else:
        st.caption(said)
    return told_by.remedies


def _accept(job: Job, draft: Version | None, chosen: Sequence[Remedy], who: str) -> None:
    here = services()
    try:
        must(Act.EDIT)
        seen = draft or editing.begin(here, job.taxonomy_id, who)
        editing.accept(here, seen, [remedy.change for remedy in chosen], who)
    except (ClassifierError, StorageError) as error:
        st.error(safe(told(str(error)), 400), icon=":material/group:")
        return
    st.session_state["fix_goes_to"] = 4
    st.rerun()


def arrive() -> None:
    """Go where the last button led; called before the steps are drawn."""
    if (step := st.session_state.pop("fix_goes_to", None)) is not None:
        go(step)


def _table(job: Job, cluster: Cluster, shown: Sequence[Remedy], taxonomy: Taxonomy) -> list[int]:
    rows = [
        {"accept": remedy.is_advised, "kind": kind_words(remedy.change), "text": remedy.change.text,
         "category": category_words(taxonomy, remedy.change), "n": remedy.n_cluster, "touched": remedy.n_touched,
         "risk": _risk(remedy, taxonomy), "cause": t(CAUSES[remedy.cause])}
        for remedy in shown
    ]  # fmt: skip
    edited = st.data_editor(
        pd.DataFrame(rows), hide_index=True, key=f"fix_remedies_{job.id}_{hash(cluster)}_{len(shown)}",
        height=min(38 + 35 * len(rows), 460), disabled=["kind", "text", "category", "n", "touched", "risk", "cause"],
        column_config={
            "accept": st.column_config.CheckboxColumn(t("Accept"), width=95),
            "kind": st.column_config.TextColumn(t("Remedy"), width=160),
            "text": st.column_config.TextColumn(t("Text"), width=165),
            "category": st.column_config.TextColumn(t("Category"), width=165),
            "n": st.column_config.NumberColumn(t("Fixes"), width=65,
                                               help=t("Products chosen in step 1 that it is for")),
            "touched": st.column_config.NumberColumn(t("Touches"), width=75,
                                                     help=t("Products of the job with its words")),
            "risk": st.column_config.TextColumn(t("Might break"), width=110,
                                                help=t("Right products elsewhere with its words, and categories whose "
                                                       "labels have them")),
            "cause": st.column_config.TextColumn(t("Why"), width=270),
        },
    )  # fmt: skip
    return [i for i, is_ticked in enumerate(edited["accept"]) if is_ticked]


def _risk(remedy: Remedy, taxonomy: Taxonomy) -> str:
    parts = []
    if remedy.n_at_risk:
        parts.append(tn("{n} right product", "{n} right products", remedy.n_at_risk))
    if remedy.collides:
        parts.append(t("also in: {names}", names=", ".join(category_label(taxonomy, n) for n in remedy.collides[:3])))
    return "; ".join(parts) or t("nothing seen")


def _evidence(shown: Sequence[Remedy], taxonomy: Taxonomy) -> None:
    """Show the products behind one remedy."""
    chosen = st.selectbox(
        t("Evidence for"), range(len(shown)), key="fix_evidence",
        format_func=lambda i: f"{kind_words(shown[i].change)} · {plain(shown[i].change.text, 80)}",
    )  # fmt: skip
    remedy = shown[chosen] if chosen is not None and chosen < len(shown) else shown[0]
    rows = [_evidence_row(e, taxonomy, t("it is for this product")) for e in remedy.evidence]
    rows += [_evidence_row(e, taxonomy, t("right now: might break")) for e in remedy.at_risk]
    st.dataframe(pd.DataFrame(rows), hide_index=True, key="fix_evidence_rows", alt=t("Products behind the remedy"),
                 column_config={
                     "role": st.column_config.TextColumn(t("Role"), width=170),
                     "text": st.column_config.TextColumn(t("Product"), width=230),
                     "truth": st.column_config.TextColumn(t("Belongs to"), width=190),
                     "answer": st.column_config.TextColumn(t("Answer"), width=190),
                     "next": st.column_config.TextColumn(t("Runners-up"), width="large"),
                 })  # fmt: skip


def _evidence_row(e: Evidence, taxonomy: Taxonomy, role: str) -> dict[str, str]:
    return {"role": role, "text": e.text, "truth": category_label(taxonomy, e.truth),
            "answer": _answer(taxonomy, e.answer),
            "next": ", ".join(category_label(taxonomy, n) for n in e.runners_up[:3])}  # fmt: skip


def _answer(taxonomy: Taxonomy, answer: str) -> str:
    return t("Failed") if answer == "failed" else category_label(taxonomy, answer)
