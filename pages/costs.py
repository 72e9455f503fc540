import streamlit as st

from pages.components.costs_view import by_kind, ledger, price_used, spent_so_far, tokens
from pages.components.figures import figure
from pages.components.formats import number
from pages.components.header import job_page
from pages.components.labels import n_done
from pages.components.live import follow, steady
from pages.components.price_view import unknown_price
from pages.components.savings_view import categories, curve, projection, savings
from pages.components.snapshots import costs_of, taxonomy_of
from pages.components.texts import t

job = job_page(t("Costs"))
if job.engine == "local":
    with st.grid(3):
        figure(t("Cost of the job"), t("free"), t("{n} products that ended", n=number(n_done(job))))
        figure(t("Tokens"), number(0), t("no model was asked"))
        figure(t("Repeated texts"), number(job.n_duplicates), t("asked once, answered for all"))
    st.success(t("The embedded engine answered on this machine: nothing was sent anywhere, nothing was paid."),
               icon=":material/savings:")  # fmt: skip
    st.stop()
job = steady(job)
if not job.n_attempts:
    st.caption(t("No call has been made yet."))
    st.stop()
found = costs_of(job)
if job.n_unpriced_attempts:
    unknown_price(job)
follow(job, spent_so_far)
price_used(job)
grid = st.grid(2, min_column_width=430, gap="medium")
with grid.cell():
    curve(job, found)
with grid.cell():
    by_kind(job)
projection(job, found)
st.subheader(t("What was saved, and did the estimate hold?"))
savings(found)
categories(job, taxonomy_of(job), found)
st.subheader(t("Which tokens were paid for?"))
tokens(job)
ledger(job)
