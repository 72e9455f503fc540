"""Step 5: the cluster and its guard on another edition, with what it takes before it starts."""

from __future__ import annotations

from decimal import Decimal

import streamlit as st

from classifier.bootstrap import services
from classifier.errors import ClassifierError
from classifier.people import Act
from classifier.repair import editing, rerunning
from classifier.repair.clusters import Cluster
from classifier.repair.editing import Version
from classifier.repair.guard import POWERS, SHARES
from classifier.repair.rerunning import Guard, Plan
from classifier.taxonomy import Taxonomy
from pages.components.escaping import plain, safe
from pages.components.figures import figure
from pages.components.fix_cluster import cluster_words
from pages.components.fix_edition import edition_words
from pages.components.fix_steps import onward
from pages.components.formats import duration, number, percent, usd
from pages.components.labels import n_done, state_label
from pages.components.person import allowed, must
from pages.components.texts import t, told
from storage import ACTIVE, Job, JobNotFound, StorageError


def rerun_step(job: Job, taxonomy: Taxonomy, cluster: Cluster) -> None:
    """Draw the choice of edition and guard, the estimate and the button; then how the child job goes."""
    known = editing.versions(services(), job.taxonomy_id)
    left, middle, right = st.columns(3)
    names = {i: edition_words(version) for i, version in enumerate(known)}
    at = left.selectbox(t("On"), list(names), format_func=names.__getitem__, key="fix_rerun_edition")
    share = middle.selectbox(
        t("A break is seen if it hits"), SHARES, index=SHARES.index(0.02), key="fix_share",
        format_func=lambda s: t("{share} of the right products", share=percent(s, 0)),
    )  # fmt: skip
    power = right.selectbox(t("with a chance of"), POWERS, index=POWERS.index(0.95), key="fix_power",
                            format_func=lambda p: percent(p, 0))  # fmt: skip
    seed = st.session_state.setdefault("fix_seed", {}).setdefault(job.id, rerunning.new_seed())
    guard = Guard(share or 0.02, power or 0.95)
    planned = _planned(job.id, n_done(job), job.n_correct, cluster, known[at or 0], guard, seed)
    _plan(planned, taxonomy, cluster)
    child = child_of(job)
    if allowed(Act.START) and st.button(
        t("Start: {n} products", n=number(planned.n_products)), type="secondary" if child else "primary",
        key="fix_start", icon=":material/play_arrow:", disabled=not planned.n_cluster,
    ):  # fmt: skip
        _start(planned)
    if child is not None:
        _progress(child.id)


@st.cache_resource(max_entries=8, ttl=600, show_spinner=False,
                   hash_funcs={Version: lambda version: (version.id, version.overlay.fingerprint)})  # fmt: skip
def _planned(job_id: str, n: int, n_correct: int, cluster: Cluster, version: Version,  # noqa: ARG001
             guard: Guard, seed: int) -> Plan:  # fmt: skip
    return rerunning.plan(services(), services().store.job(job_id), cluster, version, guard, seed)


def child_of(job: Job) -> Job | None:
    """Return the re-run that this session started for a job, else the newest one that there is."""
    told_id = st.session_state.get("fix_child", {}).get(job.id)
    store = services().store
    if told_id:
        try:
            return store.job(told_id)
        except JobNotFound:
            return None
    recent = store.jobs(n=200)
    return next((other for other in recent if other.parent_id == job.id and rerunning.rerun_of(other)), None)


def _plan(planned: Plan, taxonomy: Taxonomy, cluster: Cluster) -> None:
    st.markdown(cluster_words(taxonomy, cluster, planned.n_cluster))
    with st.grid(3):
        figure(t("To be fixed"), number(planned.n_cluster), t("of {n} in the job", n=number(planned.job.n_items)))
        figure(t("Guard"), number(planned.n_guard),
               t("drawn at random from {n} right products; sees a break of {share} or more with {power}",
                 n=number(planned.n_right), share=percent(planned.guard.share, 0),
                 power=percent(planned.power, 0)))  # fmt: skip
        found = planned.estimate
        if found is None:
            figure(t("Cost"), usd(Decimal(0)), t("the embedded engine answers here"))
        else:
            cost = t("unknown") if found.cost_usd is None else f"{usd(found.cost_usd[0])} – {usd(found.cost_usd[1])}"
            figure(t("Estimated cost"), cost.replace("$", r"\$"),
                   t("{low} – {high} requests, {time}", low=number(found.n_calls[0]), high=number(found.n_calls[1]),
                     time=duration(found.minutes[1] * 60)))  # fmt: skip
    if not planned.n_right:
        st.warning(t("No labelled product was right: nothing can guard against a break."), icon=":material/shield:")


def _start(planned: Plan) -> None:
    try:
        who = must(Act.START)
        child = rerunning.start(services(), planned, who.name, owner=who.owner)
    except (ClassifierError, StorageError) as error:
        st.error(safe(told(str(error)), 400))
        return
    st.session_state.setdefault("fix_child", {})[planned.job.id] = child
    st.session_state["fix_seed"].pop(planned.job.id, None)
    st.rerun()


def _progress(child_id: str) -> None:
    running = services().store.job(child_id).status in ACTIVE

    @st.fragment(run_every=1.0 if running else None)
    def draw() -> None:
        child = services().store.job(child_id)
        if running and child.status not in ACTIVE:
            st.rerun()
        st.progress(n_done(child) / max(child.n_items, 1),
                    text=f"{safe(plain(child.name))} · {state_label(child)} · "
                         + t("{k} of {n}", k=number(n_done(child)), n=number(child.n_items)))  # fmt: skip

    draw()
    if not running:
        onward(5, t("See the proof"))
