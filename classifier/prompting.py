"""The use cases of prompts: see the exact request of a version, and run a few products through two versions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import orjson

from classifier import jobs
from classifier.bootstrap import Services
from classifier.engines.openai_request import Capability, RequestTemplate
from classifier.engines.options import OpenAIOptions
from classifier.engines.tokens import count_tokens, counting_method
from classifier.errors import ClassifierError
from classifier.fewshots import FewShots
from classifier.learning import examples_of
from classifier.outcomes import Ask, Usage
from classifier.pricing import cost_usd, find_price
from classifier.products import Product
from classifier.prompt import build, with_reviewed
from classifier.repair import editing
from classifier.repair.editing import Version

N_BENCH = 20  # products that a bench takes at once
OUTPUT_TOKENS_EACH = 20  # of one product's answer


class NoBench(ClassifierError):
    """The bench has nothing to run; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Preview:
    """A request as it would be sent, without the key. cost_usd: with its answer, nothing cached; None: price unknown.

    n_prefix_tokens: of n_input_tokens, those that all requests of a job share and a provider may cache.
    """

    body: str
    n_input_tokens: int
    n_prefix_tokens: int
    cost_usd: Decimal | None
    counted_by: str


def preview(services: Services, version: Version, texts: Sequence[str], model: str, language: str = "es") -> Preview:
    """Write the request for some products in a version of taxonomy and prompt. Raises CannotApply, ValueError."""
    options = OpenAIOptions(model=model, language=language)
    taxonomy = editing.result_of(services, version)
    prompt = build(taxonomy, language, version.overlay.parts)
    examples = examples_of(services.store, version.taxonomy_id or version.base_id, n_most=jobs.N_SHOTS)
    shots = FewShots(examples, taxonomy.assignable, options.example_tokens) if examples else None
    prompt = with_reviewed(prompt) if shots else prompt
    asks = [Ask(str(n), text) for n, text in enumerate(texts)]
    told = orjson.loads(RequestTemplate(prompt, options, Capability(), shots).body(asks))
    schema = orjson.dumps(told["response_format"]).decode()
    n_prefix = count_tokens(prompt.system) + count_tokens(schema)
    n_input = n_prefix + count_tokens(told["messages"][1]["content"])
    price = find_price(model, datetime.now(UTC).date(), services.builder.base_url())
    usage = Usage(n_input, 0, OUTPUT_TOKENS_EACH * len(texts))
    return Preview(orjson.dumps(told, option=orjson.OPT_INDENT_2).decode(), n_input, n_prefix,
                   None if price is None else cost_usd(usage, price), counting_method())  # fmt: skip


def bench(services: Services, versions: tuple[Version, Version], texts: Sequence[str], model: str | None,
          actor: str, owner: str | None = None) -> tuple[str, str]:  # fmt: skip
    """Start a small job for each version over the same products; returns their ids, to be compared.

    Jobs like all others: their calls and costs are in the ledger. model None: the embedded engine. A draft runs with
    its prompt on the taxonomy in use. Raises NoBench, Refused.
    """
    given = [text for text in (text.strip() for text in texts) if text]
    if not given or len(given) > N_BENCH:
        raise NoBench(f"Give the bench from 1 to {N_BENCH} products, one a line.")
    first, second = (_start(services, version, given, model, actor, owner) for version in versions)
    return first, second


def _start(services: Services, version: Version, texts: Sequence[str], model: str | None, actor: str,
           owner: str | None) -> str:  # fmt: skip
    taxonomy_id = version.taxonomy_id or editing.in_use(services, version.base_id).taxonomy_id or version.base_id
    name = "draft" if version.is_draft else f"edition {version.number}" if version.number else "as imported"
    asked = jobs.Submission(
        f"bench: {name}", taxonomy_id, "openai" if model else "local", model, parts=version.overlay.parts, actor=actor,
        owner=owner,
        edition_id=version.id if version.published_at else None,
    )  # fmt: skip
    return jobs.submit(services, asked, [Product(n, text) for n, text in enumerate(texts)])
