"""Reading answers: whatever a model or a proxy writes, the result is a sound answer or a failure, never a guess."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from classifier.engines.openai_faults import error_of, kind_of, sentence, status_of
from classifier.engines.openai_reply import Completion, read_answers, read_completion, read_usage
from classifier.engines.openai_transport import duration_s, quota, retry_after_s
from classifier.outcomes import Ask, Failure, Prediction, Usage

ASKS = [Ask("0", "leche"), Ask("1", "pan"), Ask("2", "sal")]
NOTATIONS = frozenset({"01", "0105", "010501", "02"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["0", "1", "01", "0105", "unsure"]),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.sampled_from(["product_id", "notation", "confidence", "answers", "x"]), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


def completion(text: str, finish_reason: str = "stop") -> Completion:
    return Completion(text, finish_reason, "", "m", None, None, None)


def check(text: str) -> dict[str, Prediction | Failure]:
    answers = read_answers(completion(text), ASKS, NOTATIONS)
    assert answers.keys() == {"0", "1", "2"}
    for answer in answers.values():
        if isinstance(answer, Prediction):
            assert answer.notation in NOTATIONS or answer.notation is None
            assert answer.confidence is None or 0 <= answer.confidence <= 1
    return answers


@given(st.text(max_size=300))
def test_any_text_gives_an_answer_or_a_failure_for_every_product(text: str) -> None:
    check(text)


@given(JSON)
def test_any_json_gives_an_answer_or_a_failure_for_every_product(value: object) -> None:
    check(json.dumps(value))


@settings(max_examples=300)
@given(st.integers(0, 200), st.sampled_from(["", "```json\n", "Sure: "]))
def test_no_cut_ever_changes_an_answer(end: int, before: str) -> None:
    rows = [{"product_id": "0", "notation": "010501"}, {"product_id": "1", "notation": "0105"}]
    text = json.dumps({"answers": [*rows, {"product_id": "2", "notation": "02"}]})
    right = {"0": "010501", "1": "0105", "2": "02"}
    for key, answer in check(before + text[:end]).items():
        assert isinstance(answer, Failure) or answer.notation == right[key]


@given(st.binary(max_size=200))
def test_any_body_is_read_without_an_exception(body: bytes) -> None:
    read_completion(body)
    error = error_of(body)
    assert sentence(kind_of(status_of(200, error), error), 200, error)


@given(JSON)
def test_any_json_body_is_read_without_an_exception(value: object) -> None:
    body = json.dumps({"choices": [{"message": {"content": value}}], "usage": value}).encode()
    read_completion(body)
    read_completion(json.dumps({"choices": value, "model": value}).encode())


def test_usage_counts_cached_and_reasoning_tokens_inside_input_and_output() -> None:
    usage = {
        "prompt_tokens": 100, "completion_tokens": 50, "total_tokens": 150,
        "prompt_tokens_details": {"cached_tokens": 64}, "completion_tokens_details": {"reasoning_tokens": 30},
    }  # fmt: skip
    assert read_usage(usage) == Usage(100, 64, 50, 30)
    assert read_usage(usage | {"total_tokens": 180}) == Usage(100, 64, 80, 30)  # a service that adds reasoning apart
    assert read_usage({"prompt_tokens": -5, "completion_tokens": "x"}) == Usage()
    assert read_usage(None) is None


def test_content_sent_in_parts_is_joined() -> None:
    body = {"choices": [{"message": {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}}]}
    found = read_completion(json.dumps(body).encode())
    assert found is not None
    assert found.text == "ab"


def test_retry_after_is_read_in_all_its_forms() -> None:
    assert retry_after_s({"retry-after-ms": "20"}) == 0.02
    assert retry_after_s({"retry-after": "121"}) == 121.0
    assert retry_after_s({"retry-after": "Fri, 31 Dec 2088 23:59:59 GMT"}) > 1e9  # type: ignore[operator]
    for nonsense in ("-1", "0", "soon", "nan", "Fri, 31 Dec 1999 23:59:59 GMT", ""):
        assert retry_after_s({"retry-after": nonsense}) is None
    assert retry_after_s({}) is None


def test_durations_and_quotas_are_read_as_the_service_writes_them() -> None:
    assert [duration_s(text) for text in ("20ms", "1m2.5s", "7m12s", "1h", "6", "", "x")] == [
        0.02, 62.5, 432.0, 3600.0, 6.0, 0.0, 0.0]  # fmt: skip
    headers = {"x-ratelimit-limit-requests": "60", "x-ratelimit-remaining-requests": "5"}
    found = quota(headers, "requests")
    assert found is not None
    assert (found.limit, found.remaining) == (60, 5)
    assert quota(headers, "tokens") is None
    assert quota(headers | {"x-ratelimit-limit-requests": "many"}, "requests") is None
