"""Choose which categories of a taxonomy a product may be put on; the choice is a version of its own."""

from __future__ import annotations

import streamlit as st

from classifier import taxonomies
from classifier.assignable import Assignment, NothingAssignable, assign, rule_of
from classifier.bootstrap import services
from classifier.people import Act
from classifier.taxonomy import Taxonomy
from pages.components.escaping import safe
from pages.components.formats import number
from pages.components.person import allowed, must
from pages.components.texts import t, told


def assignable_view(taxonomy_id: str, taxonomy: Taxonomy) -> None:
    """Draw the choice with what it would leave, and the button that makes it a version."""
    st.subheader(t("Which categories can a product be put on?"))
    now = rule_of(taxonomy) or Assignment()
    names = {False: t("All"), True: t("Leaves only")}
    with st.container(horizontal=True, vertical_alignment="bottom"):
        leaves_only = st.segmented_control(t("Categories"), list(names), default=now.leaves_only, required=True,
                                           format_func=names.__getitem__, key=f"leaves_{taxonomy_id}")  # fmt: skip
        hides = st.toggle(t("Hide placeholders"), now.hides_placeholders, key=f"placeholders_{taxonomy_id}",
                          help=t("Categories called “Otros”, “Varios”, “N/A” and the like."))  # fmt: skip
    rule = Assignment(bool(leaves_only), hides)
    try:
        chosen = assign(taxonomy, rule)
    except NothingAssignable as error:
        st.warning(safe(told(str(error)), 200))
        return
    counts = {"k": number(len(chosen.assignable)), "n": number(len(taxonomy.concepts))}
    st.caption(t("{k} of {n} categories can be answers. The others stay in the tree and in the figures by level.",
                 **counts))  # fmt: skip
    if chosen.fingerprint == taxonomy.fingerprint:
        return
    if allowed(Act.EDIT) and st.button(t("Keep this choice as a version"), icon=":material/rule:",
                                       key=f"assign_{taxonomy_id}"):  # fmt: skip
        who = must(Act.EDIT)
        st.session_state["next_taxonomy_id"] = taxonomies.choose_assignable(services(), taxonomy_id, rule, who.name)
        st.rerun()
