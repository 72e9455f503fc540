import streamlit as st

from pages.components.costs_view import by_kind, headline, ledger, price_used, tokens
from pages.components.figures import figure
from pages.components.formats import number
from pages.components.header import job_page
from pages.components.labels import n_done
from pages.components.savings_view import categories, curve, projection, savings
from pages.components.snapshots import costs_of, taxonomy_of
from pages.components.texts import t
from storage import ACTIVE

job = job_page(t("Costs"))
if job.engine == "local":
    with st.grid(3):
        figure(t("Cost of the job"), t("free"), t("{n} products that ended", n=number(n_done(job))))
        figure(t("Tokens"), number(0), t("no model was asked"))
        figure(t("Repeated texts"), number(job.n_duplicates), t("asked once, answered for all"))
    st.success(t("The embedded engine answered on this machine: nothing was sent anywhere, nothing was paid."),
               icon=":material/savings:")  # fmt: skip
    st.stop()
if job.status in ACTIVE:
    st.info(t("The job is still running: these are the figures so far."), icon=":material/hourglass:")
if not job.n_attempts:
    st.caption(t("No call has been made yet."))
    st.stop()
found = costs_of(job)
price_used(job)
headline(job, found)
tokens(job)
savings(found)
projection(job, found)
by_kind(job)
categories(job, taxonomy_of(job), found)
curve(job, found)
ledger(job)
