"""What the OpenAPI document says beyond the code: bodies that are read in pieces, refusals, links."""

from __future__ import annotations

from typing import Any

from api.models import ClassificationResult, ClassifyRequest, InvalidRequestOut, Problem
from classifier.delivery import MEDIA

SENTENCES = {
    400: "The body cannot be read.",
    401: "A valid API token is needed.",
    403: "The token's role does not allow this.",
    404: "There is no such job, or it is not yours.",
    409: "The job's state does not allow this.",
    413: "The body is too large.",
    429: "Too many requests: Retry-After tells when to go on.",
    503: "The database does not answer at the moment.",
}


def refusals(*codes: int) -> dict[int | str, dict[str, Any]]:
    """Describe the answers with these status codes."""
    told: dict[int | str, dict[str, Any]] = {
        code: {"model": Problem, "description": SENTENCES[code]} for code in codes if code in SENTENCES
    }
    if 422 in codes:
        told[422] = {"model": InvalidRequestOut, "description": "The request breaks the contract."}
    return told


def _inlined(schema: dict[str, Any]) -> dict[str, Any]:
    """Put the definitions of a schema where they are used."""
    parts = schema.pop("$defs", {})

    def walk(node: Any) -> Any:
        if isinstance(node, dict):
            if "$ref" in node:
                return walk(parts[node["$ref"].rsplit("/", 1)[-1]])
            return {name: walk(value) for name, value in node.items()}
        return [walk(value) for value in node] if isinstance(node, list) else node

    return walk(schema)  # type: ignore[no-any-return]


def _link(operation: str) -> dict[str, Any]:
    return {"operationId": operation, "parameters": {"job_id": "$response.body#/job_id"}}


FILE_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
EXAMPLE = {"products": [{"text": "yogur natural", "product_id": "A1"}, {"text": "arroz blanco"}], "priority": 1}
LINKED = ("status", "result", "events", "cancel", "pause", "resume", "retry", "delete_job")
LINKS = {name: _link(name) for name in LINKED}
SUBMISSION: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": _inlined(ClassifyRequest.model_json_schema()), "example": EXAMPLE}},
    },
    "responses": {"200": {"links": LINKS}},
}
RESULT_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "model": ClassificationResult,
        "description": "The result: a JSON document, JSON Lines (one item a line), CSV, a workbook or Parquet.",
        "content": {
            kind.partition(";")[0]: {"schema": {"type": "string"}} for name, kind in MEDIA.items() if name != "json"
        },
    }
}
