import streamlit as st

from pages.components.accuracy_view import confusion_table, headline, level_names, weakest
from pages.components.calibration_view import calibration_view
from pages.components.category_table import category_table
from pages.components.header import job_page
from pages.components.labels import n_done
from pages.components.live import follow, nothing_yet, steady
from pages.components.matrix_view import matrix_view
from pages.components.nearness_view import nearness_view
from pages.components.parts import parts
from pages.components.products_behind import of_category, of_pair
from pages.components.shelf_view import shelf_view
from pages.components.snapshots import analysis_of, confusions_of, report_of, taxonomy_of
from pages.components.texts import t
from pages.components.tree_view import tree_view

job = job_page(t("Accuracy"))
job = steady(job)
taxonomy = taxonomy_of(job)
if not n_done(job):
    nothing_yet(job)
    st.stop()
if not job.n_labelled:
    st.info(
        t(
            "No product of this job carries an expected category, so accuracy cannot be measured. Add a field "
            "`expected` with the right category to some of the rows (a hundred are a good start) and run them again."
        ),
        icon=":material/label:",
    )
    st.page_link("review.py", label=t("Or check a small sample here"), icon=":material/fact_check:",
                 query_params={"job": job.id})  # fmt: skip
    shelf_view(job, taxonomy)
    tree_view(job, taxonomy)
    st.stop()
levels = level_names(taxonomy)
level = st.segmented_control(t("Compared at"), list(levels), default=0, required=True, key="level",
                             format_func=levels.__getitem__) or None  # fmt: skip
report = report_of(job, level)
follow(job, lambda now: headline(now, report_of(now, level)))
places = parts(
    {
        "categories": t("Categories"), "confusions": t("Confusions"), "tree": t("Taxonomy map"),
        "confidence": t("Confidence"),
    },
    f"accuracy_{job.id}",
)  # fmt: skip
with places["categories"]:
    clicked = weakest(report, taxonomy, f"weakest_{job.id}_{level}")
    if clicked is not None:
        of_category(job, taxonomy, clicked, level)
    chosen = category_table(report, taxonomy, f"categories_{job.id}_{level}")
    if chosen is not None and chosen != clicked:
        of_category(job, taxonomy, chosen, level)
with places["confusions"]:
    grid = st.grid(2, min_column_width=430, gap="medium")
    with grid.cell():
        pair = confusion_table(confusions_of(job, level), taxonomy, f"confusions_{job.id}_{level}")
    with grid.cell():
        nearness_view(job)
    if pair is not None:
        of_pair(job, taxonomy, *pair, level)
    matrix_view(job, taxonomy)
with places["tree"]:
    tree_view(job, taxonomy)
with places["confidence"]:
    calibration_view(job, taxonomy, analysis_of(job))
