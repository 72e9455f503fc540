"""Step 1: which products are to be fixed."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from classifier.analysis.concentration import Concentration
from classifier.analysis.job_analysis import Analysis
from classifier.bootstrap import services
from classifier.repair.clusters import Cluster, Trouble, rows_of
from classifier.repair.repairing import MAX_CLUSTER, Causes, causes
from classifier.taxonomy import Taxonomy
from pages.components.escaping import plain, safe
from pages.components.fix_steps import onward
from pages.components.formats import number, percent
from pages.components.group_names import group_phrase
from pages.components.labels import n_done
from pages.components.snapshots import analysis_of, report_of
from pages.components.tables import products
from pages.components.texts import mark, t, tn
from storage import Job

TROUBLES: Mapping[Trouble, str] = {
    Trouble.WRONG: mark("Answered wrongly"),
    Trouble.FAILED: mark("Failed"),
    Trouble.UNSURE: mark("Unsure"),
    Trouble.REFUSED: mark("Answered as no product"),
}
N_GROUPS, N_SHOWN = 40, 100
Group = tuple[str, str]


def counts_of(job: Job) -> dict[Trouble, int]:
    """Return how many products of the job have each trouble."""
    report = report_of(job)
    return {Trouble.WRONG: report.n_labelled_answered - report.n_correct, Trouble.FAILED: job.n_failed,
            Trouble.UNSURE: job.n_unsure, Trouble.REFUSED: job.n_not_a_product}  # fmt: skip


def current_cluster(job: Job) -> Cluster:
    """Return the cluster that was chosen; where failures concentrate most when nobody has chosen yet."""
    kept = st.session_state.get("fix_cluster")
    if kept and kept[0] == job.id:
        return Cluster(kept[1], kept[2], kept[3])
    counts = counts_of(job)
    trouble = next((trouble for trouble, n in counts.items() if n), Trouble.WRONG)
    clicked = st.session_state.get("error_group")  # came from a bar on the page of errors
    if clicked and clicked[0] == job.id:
        return Cluster((trouble,), (clicked[1], clicked[2]))
    groups = _groups(analysis_of(job), trouble)
    return Cluster((trouble,), next((g for g, c in groups.items() if c.is_significant), None))


@st.cache_data(max_entries=16, ttl=600, show_spinner=False)
def _causes(job_id: str, n: int, seq: int, cluster: Cluster) -> Causes:  # noqa: ARG001
    return causes(services(), services().store.job(job_id), cluster)


def causes_of(job: Job, cluster: Cluster) -> Causes:
    """Return causes and remedies of a cluster as the job is now; of a large job it takes some seconds."""
    with st.spinner(t("Looking for what these products have in common…")):
        return _causes(job.id, n_done(job), _seq(job), cluster)


@st.cache_data(max_entries=16, ttl=600, show_spinner=False)
def _places(job_id: str, n: int, seq: int, cluster: Cluster) -> list[int]:  # noqa: ARG001
    rows = rows_of(services(), services().store.job(job_id), cluster, MAX_CLUSTER)
    return [row.position for row in rows]


def _seq(job: Job) -> int:
    return int(job.n_correct * 1_000_003 + job.n_labelled)


def choose_cluster(job: Job, taxonomy: Taxonomy) -> Cluster:
    """Draw the choice and the products behind it."""
    before, counts = current_cluster(job), counts_of(job)
    names = {trouble: f"{t(TROUBLES[trouble])} · {number(n)}" for trouble, n in counts.items() if n}
    trouble = st.segmented_control(
        t("What happened to them"), list(names), format_func=names.__getitem__, required=True,
        key=f"fix_trouble_{job.id}", default=before.troubles[0] if before.troubles[0] in names else next(iter(names)),
    )  # fmt: skip
    trouble = Trouble(trouble or before.troubles[0])
    if analysis_of(job) is None:
        st.info(t("The groups are being compared: this takes a moment."), icon=":material/manage_search:")
        st.button(t("Look again"), icon=":material/refresh:")
        return before
    left, right = st.columns(2)
    groups = _groups(analysis_of(job), trouble)
    told: list[Group | None] = [None, *groups]
    if before.group and before.group not in told:
        told.append(before.group)
    group = left.selectbox(
        t("Where"), told, index=told.index(before.group), key=f"fix_group_{job.id}_{trouble}",
        format_func=lambda g: _group_words(taxonomy, g, groups.get(g) if g else None),
        help=t("Groups that have this trouble more often than the rest of the job, the surest first."),
    )  # fmt: skip
    search = right.text_input(t("Search"), value=before.search or "", type="search", key=f"fix_search_{job.id}",
                              placeholder=t("Part of the text or id"))  # fmt: skip
    cluster = Cluster((trouble,), group, (search or "").strip() or None)
    st.session_state["fix_cluster"] = (job.id, cluster.troubles, cluster.group, cluster.search)
    _list(job, taxonomy, cluster)
    return cluster


def _list(job: Job, taxonomy: Taxonomy, cluster: Cluster) -> None:
    places = _places(job.id, n_done(job), _seq(job), cluster)
    n = len(places)
    if not n:
        st.info(t("No product is like this. Choose another group or trouble."))
        return
    st.markdown(tn("**{n} product** is to be fixed.", "**{n} products** are to be fixed.", n))
    products(services().store.items_at(job.id, places[:N_SHOWN]), taxonomy, key="fix_products",
             alt=t("Products that are to be fixed"))  # fmt: skip
    if n > N_SHOWN:
        st.caption(t("The first {k} of {n} are shown.", k=number(N_SHOWN), n=number(n)))
    onward(1, t("See why"))


def cluster_words(taxonomy: Taxonomy, cluster: Cluster, n: int) -> str:
    """Say which products are looked at, as safe Markdown."""
    where = f" {safe(group_phrase(taxonomy, *cluster.group))}" if cluster.group else ""
    searched = t(", that hold “{text}”", text=safe(cluster.search)) if cluster.search else ""
    happened = " / ".join(t(TROUBLES[trouble]) for trouble in cluster.troubles)
    return tn("**{n} product**", "**{n} products**", n) + f"{where}{searched} · {happened}"


def _groups(found: Analysis | None, trouble: Trouble) -> dict[Group, Concentration]:
    if found is None or trouble not in (Trouble.WRONG, Trouble.FAILED):
        return {}
    ranked = found.concentrations(str(trouble))[:N_GROUPS]
    return {(c.group.facet, c.group.value): c for c in ranked}


def _group_words(taxonomy: Taxonomy, group: Group | None, found: Concentration | None) -> str:
    if group is None:
        return t("Everywhere")
    phrase = plain(group_phrase(taxonomy, *group))
    if found is None:
        return phrase
    counts = t("{k} of {n}, {rate}", k=number(found.group.k), n=number(found.group.n), rate=percent(found.rate, 0))
    return f"{phrase} · {counts}"
