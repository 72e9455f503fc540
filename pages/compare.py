import streamlit as st

from classifier.bootstrap import services
from classifier.comparing.comparison import NotComparable, compare
from pages.components.compare_choice import chosen_jobs
from pages.components.compare_figures import categories, figures, flow, verdict
from pages.components.compare_list import products_compared
from pages.components.escaping import safe
from pages.components.export_links import link
from pages.components.texts import t, told

st.title(t("Compare two jobs"))
chosen = chosen_jobs()
if chosen is None:
    st.stop()
first, second = chosen
try:
    with st.spinner(t("The products of both jobs are being paired…")):
        found = compare(services(), first, second)
except NotComparable as error:
    st.info(safe(told(str(error)), 300), icon=":material/difference:")
    st.stop()
verdict(found)
figures(found)
change = flow(found)
labels = categories(found)
products_compared(found, change, labels)
with st.container(horizontal=True):
    for form in ("xlsx", "csv", "jsonl", "parquet"):
        st.link_button(t("Both jobs as {form}", form=form.upper()), link(first, form, **{"with": second.id}),
                       icon=":material/download:", type="tertiary")  # fmt: skip
