"""The test service with a Batch API: files, batches that take their time, expire, are cancelled or refused.

Modelled after OpenAI's: requests are answered one after the other while the batch runs, output comes in any order,
what was not put to the model stands in the error file as batch_expired (or is missing, after a cancel), and a batch is
charged only for what was answered.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.llm_faults import ERRORS
from tests.llm_server import LLMServer

ENDED = {"completed", "failed", "expired", "cancelled"}
FILE_MISSING = {"message": "No such file.", "type": "invalid_request_error", "code": "not_found"}


@dataclass(frozen=True)
class Course:
    """How a batch goes: it takes took_s; ends: completed, expired or failed, with this share of requests answered."""

    took_s: float = 0.3
    ends: str = "completed"
    share: float = 1.0
    code: str | None = None  # of a failed one


@dataclass
class Batch:
    id: str
    file_id: str
    metadata: Mapping[str, str]
    lines: Sequence[Mapping[str, Any]]
    course: Course
    created_s: float = field(default_factory=time.time)
    cancelled_s: float | None = None
    status: str = "validating"
    answered: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: dict[str, dict[str, Any]] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    ended_s: float | None = None


class BatchServer(LLMServer):
    """courses: how the first batches go, in order; afterwards all complete. cancel_s: what stopping takes."""

    def __init__(self, *, courses: Sequence[Course] = (), cancel_s: float = 0.2, **more: Any) -> None:
        super().__init__(**more)
        self.courses, self.cancel_s = list(courses), cancel_s
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, Batch] = {}
        self.lose_answers: Counter[str] = Counter()  # of so many requests to a path the answer is lost on the way

    @property
    def n_live(self) -> int:
        """Requests that came one by one."""
        return sum(self.ledger.statuses.values())

    def add_routes(self, app: web.Application) -> None:
        super().add_routes(app)
        app.router.add_post("/v1/files", self._upload)
        app.router.add_get("/v1/files/{id}/content", self._content)
        app.router.add_post("/v1/batches", self._create)
        app.router.add_get("/v1/batches", self._list)
        app.router.add_get("/v1/batches/{id}", self._retrieve)
        app.router.add_post("/v1/batches/{id}/cancel", self._cancel)

    async def _upload(self, request: web.Request) -> web.Response:
        if self._is_stranger(request):
            return self._error("auth", request, {})
        form = await request.post()
        file = form["file"]
        assert form["purpose"] == "batch"
        assert isinstance(file, web.FileField)
        file_id = f"file-{len(self.files)}"
        self.files[file_id] = file.file.read()
        return self._told(request, {
            "id": file_id, "object": "file", "bytes": len(self.files[file_id]), "created_at": int(time.time()),
            "filename": file.filename, "purpose": "batch", "status": "processed",
        })  # fmt: skip

    async def _content(self, request: web.Request) -> web.Response:
        content = self.files.get(request.match_info["id"])
        if content is None:
            return web.json_response({"error": FILE_MISSING}, status=404)
        return web.Response(body=content, content_type="application/octet-stream")

    async def _create(self, request: web.Request) -> web.Response:
        asked = await request.json()
        assert asked["endpoint"] == "/v1/chat/completions"
        assert asked["completion_window"] == "24h"
        if asked["input_file_id"] not in self.files:
            return web.json_response({"error": FILE_MISSING}, status=404)
        lines = [json.loads(line) for line in self.files[asked["input_file_id"]].splitlines()]
        assert len({line["custom_id"] for line in lines}) == len(lines)
        course = self.courses.pop(0) if self.courses else Course()
        batch = Batch(f"batch_{len(self.batches)}", asked["input_file_id"], asked.get("metadata") or {}, lines, course)
        self.batches[batch.id] = batch
        return self._told(request, self._view(batch))

    async def _list(self, request: web.Request) -> web.Response:
        newest = sorted(self.batches.values(), key=lambda batch: batch.created_s, reverse=True)
        after, limit = request.query.get("after"), int(request.query.get("limit", "20"))
        at = next((n + 1 for n, batch in enumerate(newest) if batch.id == after), 0)
        page = newest[at : at + limit]
        return web.json_response({"object": "list", "data": [self._view(batch) for batch in page],
                                  "has_more": at + limit < len(newest)})  # fmt: skip

    async def _retrieve(self, request: web.Request) -> web.Response:
        batch = self.batches.get(request.match_info["id"])
        if batch is None:
            return web.json_response({"error": FILE_MISSING}, status=404)
        self._go_on(batch, request)
        return self._told(request, self._view(batch))

    async def _cancel(self, request: web.Request) -> web.Response:
        batch = self.batches[request.match_info["id"]]
        self._go_on(batch, request)
        if batch.status in ENDED:
            return web.json_response({"error": {"message": "The batch has ended.", "code": None}}, status=409)
        batch.cancelled_s, batch.status = batch.cancelled_s or time.time(), "cancelling"
        return self._told(request, self._view(batch))

    def _told(self, request: web.Request, body: Mapping[str, Any]) -> web.Response:
        """Answer, unless this answer is to be lost on the way: what was asked for has been done all the same."""
        if self.lose_answers[request.path] > 0:
            self.lose_answers[request.path] -= 1
            assert request.transport
            request.transport.abort()
        return web.json_response(body)

    def _go_on(self, batch: Batch, request: web.Request) -> None:
        """Answer as many requests as the time allows."""
        if batch.status in ENDED:
            return
        until_s, course = batch.cancelled_s or time.time(), batch.course
        done = min(1.0, (until_s - batch.created_s) / course.took_s) if course.took_s else 1.0
        if course.ends == "failed":
            if done >= 1:
                self._end(batch, "failed")
            return
        batch.status = "cancelling" if batch.cancelled_s else "in_progress"
        for line in batch.lines[: int(done * course.share * len(batch.lines) + 1e-9)]:
            if line["custom_id"] not in batch.answered | batch.failed:
                self._answer_line(batch, line, request)
        if batch.cancelled_s and time.time() - batch.cancelled_s >= self.cancel_s:
            self._end(batch, "cancelled")
        elif done >= 1 and not batch.cancelled_s:
            self._end(batch, course.ends)

    def _answer_line(self, batch: Batch, line: Mapping[str, Any], request: web.Request) -> None:
        asked = self._understand(line["body"], request)
        unknown, fault, number = self._unknown(asked), self.faults(asked), line["custom_id"]
        if unknown is not None or fault in ERRORS:
            status, error = (400, unknown) if unknown is not None else ERRORS[str(fault)]
            batch.failed[number] = {"response": {"status_code": status, "request_id": f"req_{asked.n}",
                                                 "body": {"error": error}}, "error": None}  # fmt: skip
            return
        if fault:
            self.ledger.faults[fault] += 1
        batch.answered[number] = {"response": {"status_code": 200, "request_id": f"req_{asked.n}",
                                               "body": self._completion(asked, fault)}, "error": None}  # fmt: skip

    def _end(self, batch: Batch, status: str) -> None:
        batch.status, batch.ended_s = status, time.time()
        expired = {} if status != "expired" else {
            line["custom_id"]: {"response": None, "error": {"code": "batch_expired", "message": "Not executed."}}
            for line in batch.lines if line["custom_id"] not in batch.answered | batch.failed
        }  # fmt: skip
        for name, lines in (("output", batch.answered), ("error", batch.failed | expired)):
            if lines:
                batch.files[name] = f"file-{name}-{batch.id}"
                rows = [{"id": f"batch_req_{number}", "custom_id": number} | row for number, row in lines.items()]
                self.files[batch.files[name]] = "\n".join(json.dumps(row) for row in reversed(rows)).encode()

    def _view(self, batch: Batch) -> dict[str, Any]:
        ended_s = int(batch.ended_s) if batch.ended_s else None
        errors = None
        if batch.status == "failed":
            said = {"code": batch.course.code, "message": f"It failed: {batch.course.code}.", "line": None}
            errors = {"object": "list", "data": [said]}
        return {
            "id": batch.id, "object": "batch", "endpoint": "/v1/chat/completions", "errors": errors,
            "input_file_id": batch.file_id, "completion_window": "24h", "status": batch.status,
            "output_file_id": batch.files.get("output"), "error_file_id": batch.files.get("error"),
            "created_at": int(batch.created_s), "expires_at": int(batch.created_s) + 86_400,
            f"{batch.status}_at": ended_s, "metadata": dict(batch.metadata),
            "request_counts": {"total": len(batch.lines), "completed": len(batch.answered),
                               "failed": len(batch.failed)},
        }  # fmt: skip
