import streamlit as st

from classifier.people import Act
from pages.components.draft import LABELLED, UNLABELLED, current_draft, from_sample, from_upload, set_draft
from pages.components.escaping import safe
from pages.components.estimate_card import estimate_card
from pages.components.job_form import job_form
from pages.components.person import allowed
from pages.components.start import follow_started, start
from pages.components.texts import t
from pages.components.upload_review import review

follow_started()
st.title(t("New job"))
if not allowed(Act.START):
    st.page_link("jobs.py", label=t("See the jobs"), icon=":material/list_alt:")
    st.stop()
draft = current_draft()
if draft is None:
    st.markdown(t("Put every product on its shelf: give a list of product names or search terms, and each gets its "
                  "category."))  # fmt: skip
    n = st.session_state.setdefault("n_uploads", 0)
    upload = st.file_uploader(
        t("A file with products: JSON, JSON Lines, CSV, Excel or Parquet"), key=f"upload_{n}", max_upload_size=500
    )
    if upload is not None:
        st.session_state["n_uploads"] += 1
        set_draft(from_upload(upload))
        st.rerun()
    with st.container(border=True):
        st.markdown(f"**{t('No file at hand?')}**")
        st.caption(t("200 search terms and catalogue names of a supermarket, in Spanish, as customers type them."))
        with st.container(horizontal=True):
            if st.button(t("Try the sample"), type="primary", icon=":material/shopping_basket:"):
                set_draft(from_sample(LABELLED))
                st.rerun()
            if st.button(t("The same without expected categories"), type="tertiary"):
                set_draft(from_sample(UNLABELLED))
                st.rerun()
    with st.expander(t("What a file looks like"), icon=":material/data_object:"):
        st.code('[\n  {"product_id": "A-1", "text": "leche entera 1 L", "expected": "0104"},\n'
                '  {"product_id": "A-2", "text": "papel higienico 12 rollos"}\n]', language="json")  # fmt: skip
        st.caption(t("Only the text is needed. `expected` holds the right category where you know it: accuracy is "
                     "measured on these products."))  # fmt: skip
    st.stop()

with st.container(horizontal=True, vertical_alignment="center"):
    st.markdown(f":material/description: **{safe(draft.name)}**", width="content")
    if st.button(t("Take another file"), icon=":material/undo:", type="tertiary"):
        set_draft(None)
        st.rerun()
if not review(draft):
    st.stop()
st.header(t("How to classify"))
choices = job_form(draft)
if choices is None:
    st.stop()
record = estimate_card(draft, choices)
if st.button(t("Start"), type="primary", icon=":material/play_arrow:", key="start"):
    start(draft, choices.submission(record))
