"""A job's frozen spec: everything that its answers depend on, as plain JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from classifier.prompt_parts import PromptParts

LOCAL, OPENAI = "local", "openai"
ENGINES = (LOCAL, OPENAI)


def software_version() -> str:
    """Return Anaquel's version."""
    try:
        return version("anaquel")
    except PackageNotFoundError:
        return "0"


@dataclass(frozen=True)
class Spec:
    """Frozen when a job is submitted. options: the engine's settings as its options class gives them, never a key.

    examples_id: the fingerprint of the kept examples that the embedded engine learns from (classifier.learning).

    prompt_parts: classifier.prompt_parts.PromptParts.to_record(), None for the parts as they come.

    edition_id, edition: the edition whose taxonomy and prompt it uses, and its number; None for an imported taxonomy.

    prices: classifier.pricing.Price.to_record() of what the analyst entered for a model without a known price;
    stronger_prices: the same for the stronger model, if there is one.
    """

    engine: str
    taxonomy_id: str
    language: str = "es"
    options: Mapping[str, Any] = field(default_factory=dict)
    prompt_id: str | None = None
    prompt_parts: Mapping[str, Any] | None = None
    base_url: str | None = None
    reuse: bool = True
    prices: Mapping[str, str] | None = None
    stronger_prices: Mapping[str, str] | None = None
    examples_id: str | None = None
    n_examples: int = 0
    edition_id: int | None = None
    edition: int | None = None
    software: str = field(default_factory=software_version)

    @property
    def parts(self) -> PromptParts:
        """The prompt's edited parts."""
        return PromptParts.from_record(self.prompt_parts)

    def to_record(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Spec:
        """Rebuild from `to_record`; fields of a newer version are left out."""
        return cls(**{name: value for name, value in record.items() if name in cls.__dataclass_fields__})

    def answer_key(self) -> str:
        """Hash of what an answer depends on: two specs with one key give exchangeable answers."""
        shaping = {"model", "temperature", "seed", "reasoning_effort", "threshold"}
        options = {name: value for name, value in self.options.items() if name in shaping}
        told = [self.engine, self.taxonomy_id, self.language, self.prompt_id, self.base_url, options]
        if self.options.get("stronger_model"):
            told.append({"stronger": self.options["stronger_model"]})
        if self.examples_id is not None:
            told.append(self.examples_id)
        if self.prompt_parts is not None:
            told.append(dict(self.prompt_parts))
        return hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=12).hexdigest()
