"""What a job will take, before it starts: calls, tokens, USD and minutes, each as a range, from the real prompt."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from classifier import prompt
from classifier.engines.batch import TIER as BATCH_TIER
from classifier.engines.openai_candidates import Candidates
from classifier.engines.openai_request import reasons
from classifier.engines.options import OpenAIOptions
from classifier.engines.tokens import CALIBRATED, count_tokens, counting_method
from classifier.fewshots import FewShots
from classifier.outcomes import Ask, Usage
from classifier.pricing import Price, cost_usd
from classifier.prompt_parts import DEFAULT, PromptParts
from classifier.taxonomy import Taxonomy

ROW_TOKENS = (15, 26)  # of one product's answer: short and long notations
RETRIES = 1.2  # calls for each planned one, at the high end
# what a model that reasons thinks for a product, by its effort: assumed until a job has shown it, and said so
THOUGHTS = {"minimal": (0.0, 20.0), "low": (5.0, 60.0), "medium": (20.0, 200.0), "high": (60.0, 600.0)}
NO_THOUGHTS = (0.0, 0.0)
CALL_S = (0.8, 2.5)  # fixed part of a call, and the time of one output token below: small hosted models
OUTPUT_TOKEN_S = (0.006, 0.02)
CACHE_FROM_TOKENS = 1_024
UNSURE = (0.75, 1.1)  # without a tokenizer: services count between 3 and 4.3 characters a token

N_GROUPS = 12  # requests of the sample that are written to see what they bring beside their products

Range = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Baggage:
    """What the requests of a job bring beside their products: edited parts, reviewed examples, candidates' lists.

    thoughts: reasoning tokens a product (low, high) that an earlier job was charged for; None when there was none.
    """

    parts: PromptParts = DEFAULT
    shots: FewShots | None = None
    candidates: Candidates | None = None
    thoughts: Range | None = None


@dataclass(frozen=True, slots=True)
class Workload:
    """What is to be asked: n_products rows, of which n_repeated repeat a text and n_reused are answered already.

    sample: some of the texts to be asked, for their length.
    """

    n_products: int
    sample: Sequence[str]
    n_repeated: int = 0
    n_reused: int = 0

    @property
    def n_asked(self) -> int:
        """Products that cost something."""
        return max(0, self.n_products - self.n_repeated - self.n_reused)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A job's cost and time with one model; ranges are (low, high). cost_usd is None when no price is known.

    saved_usd: what repeated and reused products would have cost more, at the low end; cache_saved_usd: what the
    service's prompt cache takes off there. live_usd and batch_usd: the cost call by call and through the provider's
    Batch API; cost_usd is the one that was chosen. thoughts: reasoning tokens a product, counted in output_tokens.
    """

    model: str
    price: Price | None
    counted_by: str
    n_products: int
    n_asked: int
    n_calls: tuple[int, int]
    input_tokens: tuple[int, int]
    cacheable_tokens: int
    output_tokens: tuple[int, int]
    thoughts: Range
    are_thoughts_assumed: bool
    cost_usd: tuple[Decimal, Decimal] | None
    saved_usd: Decimal | None
    cache_saved_usd: Decimal | None
    live_usd: tuple[Decimal, Decimal] | None
    batch_usd: tuple[Decimal, Decimal] | None
    minutes: Range


def estimate(
    taxonomy: Taxonomy,
    options: OpenAIOptions,
    work: Workload,
    price: Price | None,
    calibration: float | None = None,
    baggage: Baggage = Baggage(),
) -> Estimate:
    """Estimate one job, as its requests would be written.

    Low: the prefix is cached from the second call on; high: never, and a fifth is retried.

    calibration: input tokens that earlier calls to this model were charged, divided by what `count_tokens` says of
    the same requests; None when there were none.
    """
    sure = calibration is not None or counting_method() != CALIBRATED
    least, most = (calibration or 1.0,) * 2 if sure else UNSURE
    n_calls = math.ceil(work.n_asked / options.batch_size)
    groups = _groups(work.sample, options.batch_size)
    n_prefix = _prefix_tokens(taxonomy, options.language, baggage, groups)
    n_texts = round(_tokens_each(work.sample) * work.n_asked + _shot_tokens(baggage.shots, groups) * n_calls)
    n_input = n_calls * n_prefix + n_texts
    thoughts = _thoughts(options, baggage)
    n_output = (round(work.n_asked * (ROW_TOKENS[0] + thoughts[0])),
                round(work.n_asked * (ROW_TOKENS[1] + thoughts[1]) * RETRIES))  # fmt: skip
    cacheable = (n_calls - 1) * n_prefix if n_calls > 1 and n_prefix >= CACHE_FROM_TOKENS else 0
    if baggage.candidates is not None:  # another list in each call
        cacheable = 0
    low = Usage(round(n_input * least), round(cacheable * least), n_output[0])
    high = Usage(round(n_input * most * RETRIES), 0, n_output[1])
    tier = BATCH_TIER if options.provider_batch else options.service_tier
    cost = _cost(low, high, price, tier)
    uncached = _cost(replace(low, cached_input_tokens=0), high, price, tier)
    return Estimate(
        model=options.model,
        price=price,
        counted_by="the first calls" if calibration is not None else counting_method(),
        n_products=work.n_products,
        n_asked=work.n_asked,
        n_calls=(n_calls, math.ceil(n_calls * RETRIES)),
        input_tokens=(low.input_tokens, high.input_tokens),
        cacheable_tokens=low.cached_input_tokens,
        output_tokens=n_output,
        thoughts=thoughts,
        are_thoughts_assumed=baggage.thoughts is None,
        cost_usd=cost,
        saved_usd=cost[0] / work.n_asked * (work.n_products - work.n_asked) if cost and work.n_asked else None,
        cache_saved_usd=uncached[0] - cost[0] if cost and uncached else None,
        live_usd=_cost(low, high, price, options.service_tier),
        batch_usd=_cost(low, high, price, BATCH_TIER),
        minutes=_minutes(options, n_calls, low, high),
    )


def _thoughts(options: OpenAIOptions, baggage: Baggage) -> Range:
    if baggage.thoughts is not None:
        return baggage.thoughts
    return THOUGHTS.get(options.reasoning_effort or "medium", THOUGHTS["medium"]) if reasons(options) else NO_THOUGHTS


def _tokens_each(sample: Sequence[str]) -> float:
    if not sample:
        return 0.0
    asks = [Ask(str(1000 + i), text) for i, text in enumerate(sample)]
    return count_tokens(prompt.user_message(asks)) / len(asks)


def _groups(sample: Sequence[str], size: int) -> list[list[Ask]]:
    """Part the sample into some requests as large as the job's."""
    asks = [Ask(str(1000 + i), text) for i, text in enumerate(sample)]
    return [asks[i : i + size] for i in range(0, len(asks), size)][:N_GROUPS]


def _prefix_tokens(taxonomy: Taxonomy, language: str, baggage: Baggage, groups: Sequence[Sequence[Ask]]) -> int:
    """Tokens of list and schema: the same for every call, or what candidates come to in the calls of the sample."""
    if baggage.candidates is None or not groups:
        return _shared_tokens(prompt.build(taxonomy, language, baggage.parts), baggage)
    listed = [_shared_tokens(baggage.candidates.prompt_for(group), baggage) for group in groups]
    return round(sum(listed) / len(listed))


def _shared_tokens(built: prompt.Prompt, baggage: Baggage) -> int:
    if baggage.shots:
        built = prompt.with_reviewed(built)
    schema = json.dumps(built.schema, separators=(",", ":"), ensure_ascii=False)
    return count_tokens(built.system) + count_tokens(schema)


def _shot_tokens(shots: FewShots | None, groups: Sequence[Sequence[Ask]]) -> float:
    """Tokens that reviewed examples add to a request of the sample, in the mean."""
    if not shots or not groups:
        return 0.0
    with_them = ((group, shots.nearest([ask.text for ask in group])) for group in groups)
    n = sum(count_tokens(prompt.user_message(group, found)) - count_tokens(prompt.user_message(group))
            for group, found in with_them)  # fmt: skip
    return n / len(groups)


def _cost(low: Usage, high: Usage, price: Price | None, tier: str | None) -> tuple[Decimal, Decimal] | None:
    if price is None:
        return None
    least, most = cost_usd(low, price, tier), cost_usd(high, price, tier)
    return None if least is None or most is None else (least, most)


def _minutes(options: OpenAIOptions, n_calls: int, low: Usage, high: Usage) -> Range:
    """The slowest of: waves of calls at this concurrency, requests a minute, tokens a minute."""
    return _minutes_of(options, n_calls, low, 0), _minutes_of(options, math.ceil(n_calls * RETRIES), high, 1)


def _minutes_of(options: OpenAIOptions, n_calls: int, usage: Usage, end: int) -> float:
    if not n_calls:
        return 0.0
    call_s = CALL_S[end] + OUTPUT_TOKEN_S[end] * usage.output_tokens / n_calls
    by_concurrency = math.ceil(n_calls / options.concurrency) * call_s / 60
    by_requests = n_calls / options.requests_per_minute if options.requests_per_minute else 0.0
    n_tokens = usage.input_tokens + usage.output_tokens
    by_tokens = n_tokens / options.tokens_per_minute if options.tokens_per_minute else 0.0
    return max(by_concurrency, by_requests, by_tokens)
