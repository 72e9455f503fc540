"""What a language model's service can do wrong, by name: how it answers instead of what it should."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

Row = dict[str, object]


def rows_text(rows: Sequence[Row]) -> str:
    return json.dumps({"answers": list(rows)}, ensure_ascii=False)


def _off_list(rows: Sequence[Row]) -> str:
    return rows_text([row | {"notation": "ZZ-no-such-category"} for row in rows])


def _off_list_one(rows: Sequence[Row]) -> str:
    return rows_text([rows[0] | {"notation": str(rows[0]["notation"]) + " "}, *rows[1:]])


def _truncated(rows: Sequence[Row]) -> str:
    text = rows_text(rows)
    return text[: len(text) * 2 // 3]


# what the message says instead of the sound rows
CONTENT: dict[str, Callable[[Sequence[Row]], object]] = {
    "nojson": lambda _: "Lo siento, no he podido decidir una categoría para este producto.",
    "prose": lambda rows: f"Sure! Here it is:\n```json\n{rows_text(rows)}\n```\nLet me know!",
    "two_objects": lambda rows: rows_text(rows[: len(rows) // 2]) + "\n" + rows_text(rows[len(rows) // 2 :]),
    "contradiction": lambda rows: rows_text([*rows, rows[0] | {"notation": rows[-1]["notation"]}]),
    "single_quotes": lambda rows: str({"answers": list(rows)}) + "  ",
    "truncated": _truncated,
    "off_list": _off_list,
    "off_list_one": _off_list_one,
    "missing": lambda rows: rows_text(rows[:-1]),
    "foreign": lambda rows: rows_text([*rows, rows[0] | {"product_id": "99999999"}]),
    "no_notation": lambda rows: rows_text([{"product_id": row["product_id"]} for row in rows]),
    "number_keys": lambda rows: rows_text([row | {"product_id": int(str(row["product_id"]))} for row in rows]),
    "nan": lambda rows: rows_text([row | {"confidence": float("nan")} for row in rows]),
    "sure": lambda rows: rows_text([row | {"confidence": 95} for row in rows]),
    "empty": lambda _: "",
    "null_content": lambda _: None,
    "deep": lambda _: '{"answers":' + "[" * 100_000,
    "echo": lambda rows: rows_text([{"product_id": row["product_id"], "text": "x"} for row in rows]) + rows_text(rows),
}

# (HTTP status, error object) of a refusal before anything was answered
ERRORS: dict[str, tuple[int, dict[str, object]]] = {
    "429": (429, {"message": "Rate limit reached.", "type": "requests", "code": "rate_limit_exceeded"}),
    "quota": (429, {"message": "You exceeded your current quota.", "type": "insufficient_quota",
                    "code": "insufficient_quota"}),
    "500": (500, {"message": "The server had an error.", "type": "server_error", "code": None}),
    "503": (503, {"message": "Overloaded.", "type": "server_error", "code": None}),
    "auth": (401, {"message": "Incorrect API key provided: {key}.", "type": "invalid_request_error",
                   "code": "invalid_api_key"}),
    "forbidden": (403, {"message": "This key may not do that.", "type": "permission_error", "code": None}),
    "no_model": (404, {"message": "The model does not exist or you do not have access to it.",
                       "type": "invalid_request_error", "code": "model_not_found"}),
    "bad_request": (400, {"message": "Invalid 'messages'.", "type": "invalid_request_error", "param": "messages"}),
    "filtered_400": (400, {"message": "The prompt was filtered.", "type": "invalid_request_error",
                           "code": "content_filter"}),
    "too_long": (400, {"message": "Too many tokens.", "type": "invalid_request_error",
                       "code": "context_length_exceeded"}),
}  # fmt: skip

# whole bodies that are no completion, sent with 200
BODIES: dict[str, bytes] = {
    "html": b"<!doctype html><title>502 Bad Gateway</title>",
    "empty_body": b"",
    "cut_body": b'{"id":"chatcmpl-1","choices":[{"mess',
    "null_body": b"null",
    "list_body": b"[]",
    "error_200": b'{"error":{"message":"upstream overloaded","code":503}}',
    "no_choices": b'{"id":"x","object":"chat.completion","model":"m","choices":[],"usage":null}',
}
FINISH = {"length": "length", "content_filter": "content_filter"}
