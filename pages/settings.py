import streamlit as st

from classifier.bootstrap import services
from pages.components.activity_view import activity
from pages.components.connection_view import address, key_state, test_connection
from pages.components.people_view import people
from pages.components.retention_view import retention
from pages.components.texts import t

st.title(t("Settings"))
with st.container(border=True):
    st.subheader(t("Paid service"))
    has_key = key_state()
    address()
    if has_key:
        test_connection()
with st.container(border=True):
    st.subheader(t("Look"))
    st.caption(
        t(
            "Language: at the foot of the sidebar. Light or dark: ⋮ at the top right, Settings; at first it follows "
            "your system."
        )
    )
with st.container(border=True):
    st.subheader(t("Where things are kept, and how long"))
    st.caption(t("Database, uploads and logs are in this folder of the server; ANAQUEL_HOME chooses another one."))
    st.code(str(services().settings.home), language=None)
    retention()
with st.container(border=True):
    st.subheader(t("People"))
    people()
with st.container(border=True):
    st.subheader(t("Who did what"))
    activity()
