import streamlit as st

from pages.components.fix_cluster import choose_cluster, counts_of, current_cluster
from pages.components.fix_edition import edition_step
from pages.components.fix_proof import proof_step
from pages.components.fix_remedies import arrive, remedies, why
from pages.components.fix_rerun import rerun_step
from pages.components.fix_steps import chosen_step
from pages.components.header import job_page
from pages.components.labels import n_done
from pages.components.snapshots import taxonomy_of
from pages.components.texts import t

job = job_page(t("Fix"))
taxonomy = taxonomy_of(job)
if not n_done(job):
    st.caption(t("No product has ended yet."))
    st.stop()
if not any(counts_of(job).values()):
    st.success(t("Nothing went wrong: every product was answered, and no labelled one wrongly."))
    st.stop()
arrive()
step = chosen_step(job)
if step == 1:
    choose_cluster(job, taxonomy)
elif step == 2:
    why(job, taxonomy, current_cluster(job))
elif step == 3:
    remedies(job, taxonomy, current_cluster(job))
elif step == 4:
    edition_step(job)
elif step == 5:
    rerun_step(job, taxonomy, current_cluster(job))
else:
    proof_step(job, taxonomy)
