import streamlit as st

from classifier.analysis.overview import overview
from classifier.bootstrap import services
from pages.components.branch_view import branch_view
from pages.components.ending_view import ending_view
from pages.components.header import job_page
from pages.components.live import follow, nothing_yet, steady
from pages.components.next_step_view import next_step_view
from pages.components.overview_view import await_survey, money_and_time, shares, standing_out
from pages.components.snapshots import taxonomy_of
from pages.components.texts import t
from storage import Job

job = job_page(t("Overview"))
taxonomy = taxonomy_of(job)
found = overview(services(), job)
if not found.n_ended and not found.n_cancelled:
    steady(job)
    nothing_yet(job)
    st.stop()
shown = steady(job)
await_survey(job, found)


def _figures(now: Job) -> None:
    told = overview(services(), now)
    standing_out(now, taxonomy, told)
    shares(now, told)
    money_and_time(told)


follow(job, _figures)
ending_view(shown)
grid = st.grid(2, min_column_width=430, gap="medium")
with grid.cell():
    next_step_view(found)
with grid.cell():
    branch_view(shown, taxonomy)
