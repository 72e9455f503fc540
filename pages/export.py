import json
from itertools import islice

import streamlit as st

from classifier.bootstrap import services
from classifier.export import ResultWriter
from pages.components.corrections_view import bundles, corrections
from pages.components.export_links import documents, files
from pages.components.figures import figure
from pages.components.formats import number
from pages.components.header import job_page
from pages.components.labels import n_done
from pages.components.person import person
from pages.components.snapshots import taxonomy_of
from pages.components.texts import t
from storage import JobStatus

SMALL = 5_000  # products that are kept in memory for a download button; more are streamed by the route

job = job_page(t("Export"))
writer = ResultWriter(services().store, job, taxonomy_of(job))
partial = job.status != JobStatus.COMPLETED
n = n_done(job) - job.n_cancelled
if not n:
    st.caption(t("No product has ended yet: there is nothing to export."))
    st.stop()
if partial:
    st.warning(t("This job has not completed: the file holds the {n} of {all} products that ended so far.",
                 n=number(n), all=number(job.n_items)))  # fmt: skip
with st.grid(3):
    figure(t("Products in the file"), number(n), t("of {n} in the job", n=number(job.n_items)))
    figure(t("With a category"), number(job.n_classified), t("status “success”, of {n}", n=number(n)))
    figure(t("Without one"), number(n - job.n_classified),
           t("status “failed”, with the reason: failed, not a product, unsure"))  # fmt: skip
exporter = person().name


def _file() -> bytes:
    services().store.note_activity(exporter, "exported", f"{job.name} as json", job.id)
    return b"".join(writer.stream(partial=partial))


name = f"anaquel-{job.id}{'-partial' if partial else ''}.json"
with st.container(horizontal=True):
    if n <= SMALL:
        st.download_button(
            t("Download the result (JSON)"), _file, name, "application/json",
            on_click="ignore", type="primary", icon=":material/download:",
        )  # fmt: skip
    st.link_button(
        t("Stream it from the server") if n <= SMALL else t("Download the result (JSON)"),
        f"/export/{job.id}.json" + ("?partial=1" if partial else ""), icon=":material/link:",
        type="tertiary" if n <= SMALL else "primary",
    )  # fmt: skip
st.caption(t("The same document as GET /classify/result of the programming interface, of any size."))
st.subheader(t("Other files"))
files(job, [other for other in services().store.jobs(n=200) if other.id != job.id and other.n_items == job.n_items],
      partial=partial)  # fmt: skip
st.subheader(t("To hand in, to take along"))
documents(job)
st.subheader(t("Bring back"))
corrections(job)
bundles()
st.subheader(t("What is in the result"))
page = next(services().store.stream_items(job.id), [])
sample = {"job_id": job.id, "status": job.status, "total": job.n_items, "…": "…",
          "results": [*(writer.item(row) for row in islice(page, 2)), "…"]}  # fmt: skip
st.code(json.dumps(sample, ensure_ascii=False, indent=2), language="json", height=420)
