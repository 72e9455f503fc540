"""From a completion's body to an answer for each product: read, salvage, validate. Nothing is ever guessed."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import json_repair
import orjson

from classifier.outcomes import Ask, Failure, FailureKind, Prediction, Usage, Verdict
from classifier.prompt import VERDICTS

MAX_SCANNED_CHARS = 200_000
MAX_SCANS = 2_000
KEYS = ("product_id", "id")
DECODER = json.JSONDecoder()
NO_CATEGORY = Failure(FailureKind.MISSING, "The answer gives no category for this product.")

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Completion:
    """The parts of a chat completion that matter. text is "" when the message has none."""

    text: str
    finish_reason: str
    refusal: str
    model: str
    usage: Usage | None
    service_tier: str | None
    request_id: str | None

    @property
    def is_blank(self) -> bool:
        """Tell whether it has nothing of a completion: maybe an error object sent with a 200."""
        return not (self.text or self.finish_reason or self.refusal or self.usage)


def read_completion(body: bytes) -> Completion | None:
    """Read a 200's body; None when it is no JSON object (HTML, empty, cut, null). Missing parts come out empty."""
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    if not isinstance(parsed, dict):
        return None
    choices = parsed.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    message = choice.get("message")
    message = message if isinstance(message, dict) else {}
    return Completion(
        text=_content(message.get("content")),
        finish_reason=_text(choice.get("finish_reason")),
        refusal=_text(message.get("refusal")),
        model=_text(parsed.get("model")),
        usage=read_usage(parsed.get("usage")),
        service_tier=_text(parsed.get("service_tier")) or None,
        request_id=_text(parsed.get("id")) or None,
    )


def read_usage(usage: object) -> Usage | None:
    """Read OpenAI's `usage` object; None when there is none. Some services leave reasoning out of completion_tokens."""
    if not isinstance(usage, dict):
        return None
    n_input, n_output = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    cached = _count(_inside(usage, "prompt_tokens_details", "cached_tokens"))
    reasoning = _count(_inside(usage, "completion_tokens_details", "reasoning_tokens"))
    if reasoning and _count(usage.get("total_tokens")) == n_input + n_output + reasoning:
        n_output += reasoning
    return Usage(n_input, min(cached, n_input), n_output, reasoning)


def read_answers(
    completion: Completion, asks: Sequence[Ask], notations: frozenset[str]
) -> dict[str, Prediction | Failure]:
    """Give an answer for each ask's key: what the rows say of it, else why there is none."""
    rows = list(_rows(completion.text)) if completion.text else []
    wanted = {ask.key for ask in asks}
    answers: dict[str, Prediction | Failure] = {}
    for row in rows:
        key = _key(row)
        if key not in wanted:
            continue
        answer = _validate(row, notations)
        answers[key] = _settle(answers[key], answer) if key in answers else answer
    if len(answers) < len(wanted):
        gap = _gap(completion, rows=bool(rows))
        answers |= {key: gap for key in wanted if key not in answers}
    if len(asks) == 1:
        return {key: replace(a, alone=True) if isinstance(a, Failure) else a for key, a in answers.items()}
    return answers


def _settle(one: Prediction | Failure, other: Prediction | Failure) -> Prediction | Failure:
    """Choose between two rows for one product: a row without a category (an echo) counts for nothing."""
    if other == NO_CATEGORY or _same(one, other):
        return one
    if one == NO_CATEGORY:
        return other
    return Failure(FailureKind.MISSING, "The answer names this product twice, with different categories.")


def _gap(completion: Completion, *, rows: bool) -> Failure:
    """Say why a product has no row."""
    if completion.refusal:
        return Failure(FailureKind.REFUSED, f"The model refused: {completion.refusal[:200]}")
    if completion.finish_reason == "content_filter":
        return Failure(FailureKind.CONTENT_FILTER, "The service's content filter cut the answer off.")
    if completion.finish_reason == "length":
        return Failure(FailureKind.TRUNCATED, "The answer was cut off at the model's length limit.")
    if rows and not _is_cut(completion.text):
        return Failure(FailureKind.MISSING, "The answer leaves this product out.")
    if completion.text and "{" in completion.text and _is_cut(completion.text):
        return Failure(FailureKind.TRUNCATED, "The answer's JSON stops in the middle.")
    if not completion.text:
        return Failure(FailureKind.NOT_JSON, "The answer is empty.")
    return Failure(FailureKind.NOT_JSON, "No JSON found in response.")


def _is_cut(text: str) -> bool:
    return text.rstrip()[-1:] not in ("}", "]", "`") and text.count("{") > text.count("}")


def _validate(row: Row, notations: frozenset[str]) -> Prediction | Failure:
    notation = row.get("notation")
    if not isinstance(notation, str) or not notation:
        return NO_CATEGORY
    confidence = _confidence(row.get("confidence"))
    if notation in notations:
        return Prediction(Verdict.CONCEPT, notation, confidence)
    if notation in VERDICTS:
        return Prediction(Verdict(notation), None, confidence)
    return Failure(FailureKind.OFF_LIST, f"The answer names a category that is not in the taxonomy: {notation[:80]!r}.")


def _same(one: Prediction | Failure, other: Prediction | Failure) -> bool:
    if isinstance(one, Prediction) and isinstance(other, Prediction):
        return (one.verdict, one.notation) == (other.verdict, other.notation)
    return one == other


def _rows(text: str) -> Iterator[Row]:
    """Find the answer rows: plain JSON first, then every whole object inside other words, then mended JSON."""
    try:
        parsed = orjson.loads(text)
    except orjson.JSONDecodeError:
        found = [row for value in _scan(text[:MAX_SCANNED_CHARS]) for row in _rows_in(value)]
        yield from found or _mended(text[:MAX_SCANNED_CHARS])
    else:
        yield from _rows_in(parsed)


def _rows_in(value: object) -> Iterator[Row]:
    if isinstance(value, dict) and any(name in value for name in KEYS):
        yield value
        return
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for part in inside:
        if isinstance(part, dict) and any(name in part for name in KEYS):
            yield part
        elif isinstance(part, list):
            yield from (row for row in part if isinstance(row, dict))


def _scan(text: str) -> Iterator[object]:
    """Decode each complete JSON object; one that is cut off gives its complete inner objects."""
    at = text.find("{")
    for _ in range(MAX_SCANS):
        if at < 0:
            return
        try:
            value, at = DECODER.raw_decode(text, at)
            yield value
        except (ValueError, RecursionError):
            at += 1
        at = text.find("{", at)


def _mended(text: str) -> Iterator[Row]:
    """Mend JSON with single quotes, comments, trailing commas. Never what is cut: a cut notation may be another one."""
    end = max(text.rfind("}"), text.rfind("]"))
    start = text.find("{")
    if start < 0 or end < start or text.count("{") != text.count("}") or text.count("[") != text.count("]"):
        return
    try:
        yield from _rows_in(json_repair.loads(text[start : end + 1], skip_json_loads=True))
    except (ValueError, RecursionError):
        return


def _key(row: Row) -> str | None:
    for name in KEYS:
        key = row.get(name)
        if isinstance(key, str):
            return key
        if isinstance(key, int) and not isinstance(key, bool):
            return str(key)
    return None


def _confidence(value: object) -> float | None:
    """Give the confidence when it is a number in 0..1; NaN, 95 or "high" say nothing."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) and 0 <= value <= 1 else None


def _count(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


def _inside(usage: Mapping[str, Any], name: str, part: str) -> object:
    details = usage.get(name)
    return details.get(part) if isinstance(details, dict) else None


def _content(value: object) -> str:
    """Give a message's text; some services send a list of parts."""
    if isinstance(value, list):
        return "".join(_text(part.get("text")) for part in value if isinstance(part, dict))
    return _text(value)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
