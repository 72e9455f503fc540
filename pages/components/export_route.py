"""The route that streams what goes out of a job: a file of any size passes without standing in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from classifier.bootstrap import Services, services
from classifier.bundle import stream_bundle
from classifier.delivery import FORMATS, MEDIA, pieces_of, pieces_of_comparison
from classifier.errors import ClassifierError
from classifier.exports.own_file import own_file
from classifier.identity import NoAddress, NotSignedIn
from classifier.people import Act, NotPermitted
from pages.components.auth_cookie import requester
from pages.components.current_job import JOB_ID
from storage import ItemFilter, ItemStatus, Job, JobNotFound, JobStatus

SUBSETS: Mapping[str, ItemFilter] = {
    "answered": ItemFilter(verdict="concept"), "failed": ItemFilter(status=ItemStatus.FAILED),
    "wrong": ItemFilter(wrong=True), "unsure": ItemFilter(verdict="unsure"),
    "not_a_product": ItemFilter(verdict="not_a_product"),
}  # fmt: skip
KINDS: Mapping[str, str] = dict(MEDIA) | {
    "html": "text/html; charset=utf-8", "md": "text/markdown; charset=utf-8", "zip": "application/zip",
}  # fmt: skip
Named = tuple[str, str, Iterator[bytes]]  # the file's name without the job, its ending, its pieces


def export_result(request: Request) -> Response:
    """GET /export/{job_id}.{form}: a result (json, jsonl, csv, xlsx, parquet), own, html, md or zip.

    ?partial=1 for a job that has not completed, ?pretty=1 indents JSON, ?only= one of SUBSETS, ?with= another job to
    stand beside it, ?lang=es. 401 (nobody signed in), 403, 404 and 409 say why in `detail`.
    """
    try:
        who = requester(request.cookies)
        who.must(Act.EXPORT)
    except NotSignedIn:
        return JSONResponse({"detail": "Sign in at the dashboard first."}, 401)
    except (NotPermitted, NoAddress) as error:
        return JSONResponse({"detail": str(error)}, 403)
    return _export(request, who.name)


def _export(request: Request, actor: str) -> Response:
    job_id, form = request.path_params["job_id"], request.path_params.get("form", "json")
    asked = request.query_params
    partial = asked.get("partial") == "1"
    if not JOB_ID.fullmatch(job_id) or form not in (*FORMATS, "own", "html", "md", "zip"):
        return JSONResponse({"detail": "That is no job id, or no format that is written here."}, 404)
    running = services()
    try:
        job = running.store.job(job_id)
        if job.status != JobStatus.COMPLETED and not partial and form in (*FORMATS, "own"):
            return JSONResponse({"detail": f"Job {job_id} is {job.status}: add ?partial=1 for what there is."}, 409)
        marks, ending, pieces = _named(running, job, form, asked)
        first = next(pieces, b"")
        running.store.note_activity(actor, "exported", f"{job.name} as {form}", job_id)
    except JobNotFound as error:
        return JSONResponse({"detail": str(error)}, 404)
    except ClassifierError as error:
        return JSONResponse({"detail": str(error)}, 409)
    name = f"anaquel-{job_id}{'-partial' if partial else ''}{marks}.{ending}"
    # "identity" keeps the server's gzip away: it would compress on the event loop and stop everyone
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff",
               "Content-Encoding": "identity"}  # fmt: skip
    return StreamingResponse(chain([first], pieces), media_type=KINDS.get(ending, "text/plain"), headers=headers)


def _named(running: Services, job: Job, form: str, asked: Mapping[str, str]) -> Named:
    language = "es" if asked.get("lang") == "es" else "en"
    if form in ("html", "md"):
        from classifier.report_document import write_report

        return "-report", form, iter([write_report(running, job, language, form).encode()])  # type: ignore[arg-type]
    if form == "zip":
        return "-bundle", form, stream_bundle(running, job)
    if form == "own":
        own = own_file(running, job)
        return "-own", own.ending, own.pieces
    known = next(f for f in FORMATS if f == form)
    if other := asked.get("with"):
        second = running.store.job(other)
        return f"-{second.id}", "jsonl" if form == "json" else form, pieces_of_comparison(
            running, job, second, known, language)  # fmt: skip
    only = asked.get("only", "")
    pieces = pieces_of(running, job, known, partial=asked.get("partial") == "1", pretty=asked.get("pretty") == "1",
                       only=SUBSETS.get(only), language=language)  # fmt: skip
    return f"-{only}" if only in SUBSETS else "", form, pieces
