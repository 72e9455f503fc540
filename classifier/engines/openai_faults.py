"""What an HTTP answer that is no completion means: a Failure of a kind that says what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from classifier.outcomes import FailureKind

NO_MONEY = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "insufficient_credits"}
FILTERED = {"content_filter", "content_policy_violation", "moderation_blocked"}
TOO_LONG = {"context_length_exceeded", "string_above_max_length", "request_too_large"}
BY_STATUS = {
    401: FailureKind.AUTH,
    402: FailureKind.QUOTA,
    403: FailureKind.AUTH,
    408: FailureKind.TIMEOUT,
    409: FailureKind.SERVER_ERROR,
    413: FailureKind.TRUNCATED,
    425: FailureKind.SERVER_ERROR,
    429: FailureKind.RATE_LIMITED,
}
WORDS = {
    FailureKind.AUTH: "The service refused the key",
    FailureKind.QUOTA: "The account has no quota left",
    FailureKind.RATE_LIMITED: "The service asks for patience: too many requests or tokens",
    FailureKind.SERVER_ERROR: "The service had an error of its own",
    FailureKind.TIMEOUT: "The service gave up waiting",
    FailureKind.TRUNCATED: "The request was too long for the model",
    FailureKind.CONTENT_FILTER: "The service's content filter stopped the request",
    FailureKind.BAD_REQUEST: "The service does not accept the request",
}


def error_of(body: bytes) -> Mapping[str, Any]:
    """Give the `error` object of a body (OpenAI's shape, or the bare object some servers send), else {}."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    if not isinstance(parsed, dict):
        return {}
    error = parsed.get("error", parsed)
    return error if isinstance(error, dict) else {"message": str(error)}


def status_of(http_status: int, error: Mapping[str, Any]) -> int:
    """Give the status an error means: some services send it as the error's code inside a 200."""
    if http_status != 200:
        return http_status
    code = str(error.get("code") or error.get("status") or "")
    return int(code) if code.isascii() and code.isdigit() and 400 <= int(code[:4]) < 600 else 500


def kind_of(status: int, error: Mapping[str, Any]) -> FailureKind:
    """Classify an HTTP status with its error object; the error's code and type outweigh the status."""
    marks = {str(error.get("code")), str(error.get("type"))}
    if marks & NO_MONEY:
        return FailureKind.QUOTA
    if marks & FILTERED:
        return FailureKind.CONTENT_FILTER
    if marks & TOO_LONG:
        return FailureKind.TRUNCATED
    if status >= 500:
        return FailureKind.SERVER_ERROR
    return BY_STATUS.get(status, FailureKind.BAD_REQUEST)


def sentence(kind: FailureKind, status: int, error: Mapping[str, Any]) -> str:
    """Say it for the analyst: our words, the status, and the service's own message, cut."""
    said = " ".join(str(error.get("message") or "").split())[:300]
    return f"{WORDS[kind]} (HTTP {status}){': ' + said if said else '.'}"
