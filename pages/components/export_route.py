"""The route that streams a job's result: a file of any size passes without standing in memory."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from classifier.bootstrap import services
from classifier.errors import ClassifierError
from classifier.export import ResultWriter
from pages.components.current_job import JOB_ID
from storage import JobNotFound, JobStatus


def export_result(request: Request) -> Response:
    """GET /export/{job_id}.json, ?partial=1 for a job that has not completed. 404 and 409 say why in `detail`."""
    job_id = request.path_params["job_id"]
    partial = request.query_params.get("partial") == "1"
    if not JOB_ID.fullmatch(job_id):
        return JSONResponse({"detail": "That is no job id."}, 404)
    running = services()
    try:
        job = running.store.job(job_id)
        taxonomy = running.builder.taxonomy(job.taxonomy_id)
    except (JobNotFound, ClassifierError) as error:
        return JSONResponse({"detail": str(error)}, 404)
    if job.status != JobStatus.COMPLETED and not partial:
        return JSONResponse({"detail": f"Job {job_id} is {job.status}: add ?partial=1 for what there is."}, 409)
    pieces = ResultWriter(running.store, job, taxonomy).stream(partial=partial)
    name = f"anaquel-{job_id}{'-partial' if partial else ''}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return StreamingResponse(pieces, media_type="application/json", headers=headers)
