import streamlit as st

from pages.components.concentration_view import concentration_view
from pages.components.error_filters import headline, stage_chart, trouble_chart, trouble_of
from pages.components.error_list import adopt_address, filters, page_of
from pages.components.header import job_page
from pages.components.item_detail import item_detail
from pages.components.job_actions import act, offered, refusal
from pages.components.labels import n_done
from pages.components.live import follow, nothing_yet, steady
from pages.components.person import person
from pages.components.review_control import review_control
from pages.components.snapshots import analysis_of, taxonomy_of
from pages.components.tables import products
from pages.components.texts import t, tn

job = job_page(t("Errors"))
if st.session_state.get("job_id") != job.id:  # "retry failed" made a new job: show it
    st.switch_page("progress.py", query_params={"job": st.session_state["job_id"]})
job = steady(job)
taxonomy = taxonomy_of(job)
refusal()
if not n_done(job):
    nothing_yet(job)
    st.stop()
adopt_address(job, taxonomy)
follow(job, headline)
trouble = trouble_of(job)
if "retry" in offered(job, person()):
    label = tn("Retry {n} failed product", "Retry {n} failed products", job.n_failed)
    st.button(label, icon=":material/replay:", on_click=act, args=("retry", job.id),
              help=t("Starts a new job with these products and the same settings."))  # fmt: skip
clicked = None
if trouble.counts:
    grid = st.grid(2, min_column_width=430, gap="medium")
    with grid.cell():
        clicked = trouble_chart(job, trouble)
    with grid.cell():
        clicked = stage_chart(job, trouble) or clicked
    concentration_view(job, taxonomy, analysis_of(job))
else:
    st.success(t("Nothing went wrong: every product was answered, and no labelled one wrongly."))
st.subheader(t("Products"))
page = page_of(job, filters(job, taxonomy, trouble, clicked))
if page.items:
    item = products(page.items, taxonomy, key="error_items", alt=t("Products that match the filters"),
                    inferred=page.inferred)  # fmt: skip
    review_control(job, taxonomy, page.items, "error_items")
    if item is not None:
        item_detail(job, taxonomy, item)
else:
    st.caption(t("No product matches these filters."))
