"""A job's frozen spec: everything that its answers depend on, as plain JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any

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

    prices: USD per million tokens entered by the analyst for a model without a known price (input, cached, output).
    """

    engine: str
    taxonomy_id: str
    language: str = "es"
    options: Mapping[str, Any] = field(default_factory=dict)
    prompt_id: str | None = None
    base_url: str | None = None
    reuse: bool = True
    prices: Mapping[str, str] | None = None
    software: str = field(default_factory=software_version)

    def to_record(self) -> dict[str, Any]:
        """Give plain JSON values."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Spec:
        """Rebuild from `to_record`; fields of a newer version are left out."""
        return cls(**{name: value for name, value in record.items() if name in cls.__dataclass_fields__})

    def answer_key(self) -> str:
        """Hash of what an answer depends on: two specs with one key give exchangeable answers."""
        shaping = {"model", "temperature", "seed", "reasoning_effort"}
        options = {name: value for name, value in self.options.items() if name in shaping}
        told = [self.engine, self.taxonomy_id, self.language, self.prompt_id, self.base_url, options]
        return hashlib.blake2b(json.dumps(told, sort_keys=True).encode(), digest_size=12).hexdigest()
