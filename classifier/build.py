"""From a job's spec to what its runs need: engine, limiter, prices."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from classifier.contexts import JobContext
from classifier.engines.base import Engine
from classifier.engines.ladder import Ladder
from classifier.engines.local_options import LocalOptions
from classifier.engines.options import Credentials, OpenAIOptions
from classifier.errors import ClassifierError
from classifier.examples import Examples
from classifier.fewshots import FewShots
from classifier.learning import frozen
from classifier.lexicon import Lexicon, read_lexicon
from classifier.limiter import Limiter
from classifier.outcomes import Call
from classifier.pricing import LadderPricer, Price, Pricer
from classifier.rate import SharedRate
from classifier.settings import DEFAULT_BASE_URL, Settings
from classifier.spec import LOCAL, Spec
from classifier.taxonomy import Taxonomy, from_record
from storage import Job, StorageError, Store

if TYPE_CHECKING:
    from classifier.engines.local import LocalEngine
    from classifier.engines.openai import OpenAIEngine
    from classifier.engines.openai_candidates import Shortlist

NO_KEY = "Waits for a key: set OPENAI_API_KEY for the server and restart it; the job then goes on by itself."
OUTPUT_TOKENS_SHARE = Decimal("0.2")  # of a call's input, when a budget is reserved for it


class EngineUnavailable(ClassifierError):
    """The engine of a job cannot be used until somebody acts."""


class KeyMissing(EngineUnavailable):
    """This process has no key; another one may."""


class ContextBuilder:
    """Builds what the runs of a job share; limiters are one for each service and key in this process."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._settings, self._store = settings, store
        self._limiters: dict[str, Limiter] = {}
        self._rates: dict[str, SharedRate] = {}
        self._taxonomy = functools.lru_cache(maxsize=8)(self._read_taxonomy)
        self._local = functools.lru_cache(maxsize=4)(self._build_local)
        self._shots = functools.lru_cache(maxsize=4)(self._choose_shots)
        self._learned = functools.lru_cache(maxsize=4)(self._teach)
        self._taught = functools.lru_cache(maxsize=4)(self._tune)

    def build(self, job: Job) -> JobContext:
        """Build a job's context; raises EngineUnavailable with what to do."""
        spec = Spec.from_record(job.spec or {})
        return self._context(job, spec)

    def credentials(self, base_url: str | None = None) -> Credentials:
        """Return the key and where to use it; raises EngineUnavailable when there is no key."""
        settings = self._settings
        if not settings.openai_api_key:
            raise KeyMissing(NO_KEY)
        return Credentials(settings.openai_api_key.value, base_url or self.base_url(),
                           settings.openai_organisation, settings.openai_project)  # fmt: skip

    def base_url(self) -> str:
        """Return the service's address: the environment's, else the one chosen on the settings page, else OpenAI's."""
        return self._settings.openai_base_url or self._store.preference("openai_base_url") or DEFAULT_BASE_URL

    def taxonomy(self, taxonomy_id: str) -> Taxonomy:
        """Return a taxonomy version; raises EngineUnavailable when it is not in the record."""
        return self._taxonomy(taxonomy_id)

    def local_engine(self, taxonomy_id: str, language: str = "es") -> LocalEngine:
        """Return the embedded engine over a taxonomy version."""
        return self._local(taxonomy_id, language)

    def taught(self, taxonomy_id: str, language: str, examples: Examples) -> LocalEngine:
        """Return the embedded engine over a taxonomy version after it learned from examples."""
        return self._taught(taxonomy_id, language, examples) if examples else self._local(taxonomy_id, language)

    def _context(self, job: Job, spec: Spec) -> JobContext:
        if spec.engine == LOCAL:
            options = LocalOptions.from_record(spec.options)
            engine: Engine = self.local_engine_of(spec).tuned(options.threshold, not_products=spec.parts.not_products)
            return JobContext(job.id, engine, lambda _: Decimal(0), lambda _: Decimal(0))
        first = self._openai(spec)
        price = Pricer(str(first.model), spec.base_url, _entered(spec.prices))

        def estimate(n_tokens: int) -> Decimal:
            known = price.price(Call(str(first.model), datetime.now(UTC), 0.0, "ok"))
            if known is None:
                return Decimal(0)
            return n_tokens * (known.input_usd + OUTPUT_TOKENS_SHARE * known.output_usd)

        rate = self._rate(self.credentials(spec.base_url))
        context = JobContext(job.id, first, price, estimate, spec.answer_key(), spec.reuse, rate)
        if stronger := spec.options.get("stronger_model"):
            context.engine = Ladder(first, self._openai(spec, model=stronger), self._teller(job.id))
            context.price = LadderPricer(price, Pricer(stronger, spec.base_url, _entered(spec.stronger_prices)))
        if spec.options.get("provider_batch"):
            from classifier.engines.openai_batches import OpenAIBatches

            context.provider = OpenAIBatches(first)
        return context

    def local_engine_of(self, spec: Spec) -> LocalEngine:
        """Return the embedded engine at its usual threshold, with what the spec's examples taught it (`learned`)."""
        if spec.examples_id is None:
            return self._local(spec.taxonomy_id, spec.language)
        return self._learned(spec.taxonomy_id, spec.language, spec.examples_id)

    def _openai(self, spec: Spec, **changed: Any) -> OpenAIEngine:
        from classifier.engines.openai import OpenAIEngine

        credentials = self.credentials(spec.base_url)
        options = OpenAIOptions.from_record({**spec.options, **changed})
        limiter = self._limiter(credentials)
        taxonomy = self._taxonomy(spec.taxonomy_id)
        return OpenAIEngine(taxonomy, options, credentials, limiter, self.shortlist(spec), spec.parts,
                            self.shots(spec, options))  # fmt: skip

    def shortlist(self, spec: Spec) -> Shortlist | None:
        """Return what finds candidates, for a taxonomy that is too long for a request; None for others."""
        from classifier.engines.openai_candidates import MAX_WHOLE

        if len(self._taxonomy(spec.taxonomy_id).assignable) <= MAX_WHOLE:
            return None
        return self._local(spec.taxonomy_id, spec.language).shortlist

    def shots(self, spec: Spec, options: OpenAIOptions) -> FewShots | None:
        """Return the reviewed examples that a job's requests choose from, None when there are none."""
        if not spec.examples_id or not options.example_tokens:
            return None
        return self._shots(spec.taxonomy_id, spec.examples_id, options.example_tokens)

    def _choose_shots(self, taxonomy_id: str, examples_id: str, n_tokens: int) -> FewShots | None:
        examples = frozen(self._store, examples_id)
        return FewShots(examples, self._taxonomy(taxonomy_id).assignable, n_tokens) if examples else None

    def _teller(self, job_id: str) -> Callable[[str], None]:
        """Return what writes a sentence into the job's history, once."""

        def tell(cause: str) -> None:
            with suppress(StorageError):  # the product's own failure says it too
                if all(event.cause != cause for event in self._store.events(job_id)):
                    self._store.note([job_id], "stronger model", cause, "anaquel")

        return tell

    def _limiter(self, credentials: Credentials) -> Limiter:
        settings = self._settings
        if credentials.base_url not in self._limiters:
            self._limiters[credentials.base_url] = Limiter(
                settings.concurrency, settings.requests_per_minute, settings.tokens_per_minute
            )
        return self._limiters[credentials.base_url]

    def _rate(self, credentials: Credentials) -> SharedRate | None:
        """Return the limits that the environment sets, kept with all other processes; None when it sets none."""
        rpm, tpm = self._settings.requests_per_minute, self._settings.tokens_per_minute
        if rpm is None and tpm is None:
            return None
        key = hashlib.sha256(credentials.api_key.encode()).hexdigest()[:12]
        service = f"{credentials.base_url} {key}"
        return self._rates.setdefault(service, SharedRate(self._store, service, rpm, tpm))

    def _read_taxonomy(self, taxonomy_id: str) -> Taxonomy:
        version = self._store.taxonomy(taxonomy_id)
        if version is None or version.record is None:
            raise EngineUnavailable("The taxonomy version of this job is not in the database any more.")
        return from_record(version.record)

    def _build_local(self, taxonomy_id: str, language: str) -> LocalEngine:
        from classifier.engines.local import LocalEngine  # takes scikit-learn along: seconds that few commands need

        return LocalEngine(self._taxonomy(taxonomy_id), lexicon(), language=language)

    def _teach(self, taxonomy_id: str, language: str, examples_id: str) -> LocalEngine:
        examples = frozen(self._store, examples_id)
        if examples is None:
            raise EngineUnavailable("The examples that this job learns from are not in the database any more.")
        return self.taught(taxonomy_id, language, examples)

    def _tune(self, taxonomy_id: str, language: str, examples: Examples) -> LocalEngine:
        return self._local(taxonomy_id, language).tuned(examples=examples)


def _entered(prices: Mapping[str, str] | None) -> Price | None:
    return Price.from_record(prices) if prices else None


@functools.cache
def lexicon() -> Lexicon:
    """Return the project's lexicon, read once."""
    return read_lexicon()
