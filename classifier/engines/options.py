"""What an analyst can set for the OpenAI engine, frozen in a job's spec. Credentials are apart: never stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields


@dataclass(frozen=True, slots=True)
class OpenAIOptions:
    """Settings that shape requests. None means: not sent, the service's own default.

    batch_size: products a request; deadline_s: for a whole call, connecting included; n_per_minute limits are used
    until the service's headers tell better. provider_batch: through the provider's Batch API, at half the price within
    a day. stronger_model: asked last for products that the model gave no usable answer for.
    example_tokens: at most so many go to a request's reviewed examples; 0 for none.
    """

    model: str = "gpt-4o-mini"
    language: str = "es"
    batch_size: int = 25
    concurrency: int = 64
    deadline_s: float = 120.0
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    temperature: float | None = None
    seed: int | None = None
    service_tier: str | None = None
    reasoning_effort: str | None = None
    provider_batch: bool = False
    stronger_model: str | None = None
    example_tokens: int = 300

    def __post_init__(self) -> None:
        if not self.model.strip():
            raise ValueError("The model needs a name.")
        if self.batch_size < 1 or self.concurrency < 1:
            raise ValueError("Products a request and calls at a time are at least 1.")
        if self.temperature is not None and not 0 <= self.temperature <= 2:
            raise ValueError("The temperature is a number from 0 to 2.")
        if self.provider_batch and self.service_tier:
            raise ValueError("A service tier and the Batch API exclude each other: choose one of them.")
        if self.stronger_model is not None and not self.stronger_model.strip():
            raise ValueError("The stronger model needs a name.")
        if not 0 <= self.example_tokens <= 4_000:
            raise ValueError("Reviewed examples take from 0 to 4,000 tokens of a request.")
        if self.deadline_s <= 0:
            raise ValueError("The deadline is longer than 0 seconds.")

    def to_record(self) -> dict[str, object]:
        """Give plain JSON values; `from_record` turns them back."""
        return asdict(self)

    @classmethod
    def from_record(cls, record: Mapping[str, object]) -> OpenAIOptions:
        """Rebuild from `to_record`, also of an older version; raises TypeError or ValueError when it is not one."""
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in record.items() if name in known})  # type: ignore[arg-type]


def chosen(**told: object) -> dict[str, object]:
    """Leave out what somebody who asks for a job did not say."""
    return {name: value for name, value in told.items() if value is not None and value is not False and value != ""}


@dataclass(frozen=True, slots=True)
class Credentials:
    """Where to ask and as whom, from the environment only. The key never shows in repr, logs or records."""

    api_key: str = field(repr=False)
    base_url: str = "https://api.openai.com/v1"
    organization: str | None = None
    project: str | None = None

    def redact(self, text: str) -> str:
        """Take the key out of a text that a service or a library wrote."""
        return text.replace(self.api_key, "[key]") if len(self.api_key) >= 6 else text
