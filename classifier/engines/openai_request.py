"""Request bodies as bytes: everything but the products is encoded once, because the prefix is 40 times the rest."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from classifier import prompt
from classifier.engines.options import OpenAIOptions
from classifier.fewshots import FewShots
from classifier.outcomes import Ask

MODES = ("json_schema", "json_object", "text")
OUTPUT_TOKENS_EACH = 48  # a row is 15-25 tokens; a runaway answer stops here
OUTPUT_TOKENS_BASE = 256
OUTPUT_CAPS = ("max_completion_tokens", "max_tokens", "")
CHARS_PER_TOKEN = 4.0
STRUCTURE = ("response_format", "json_schema", "json_object", "json schema", "grammar", "guided", "structured output")
REASONERS = re.compile(r"(gpt-5|o\d)")  # by OpenAI's names; others show it in their usage


@dataclass(frozen=True, slots=True)
class Capability:
    """What a service has shown to accept: the best structured output mode, the name of the output cap, what to omit."""

    mode: str = MODES[0]
    output_cap: str = OUTPUT_CAPS[0]
    dropped: frozenset[str] = frozenset()

    def without(self, error: Mapping[str, Any], sent: Sequence[str]) -> Capability | None:
        """Give the capability to try after a 400 or 422 that names something we sent; None when it names nothing."""
        said = f"{error.get('param')} {error.get('message')}"
        if any(word in said.lower() for word in STRUCTURE) and self.mode != MODES[-1]:
            return replace(self, mode=MODES[MODES.index(self.mode) + 1])
        if self.output_cap and self.output_cap in said:
            return replace(self, output_cap=OUTPUT_CAPS[OUTPUT_CAPS.index(self.output_cap) + 1])
        named = {name for name in sent if name in said}
        return replace(self, dropped=self.dropped | named) if named else None

    def reasoning(self) -> Capability:
        """Give the capability of a model that thinks before it answers: nobody knows for how many tokens."""
        return replace(self, output_cap="")


_known: dict[tuple[str, str], Capability] = {}


def reasons(options: OpenAIOptions) -> bool:
    """Tell whether a model is known to think before it answers."""
    return options.reasoning_effort is not None or REASONERS.match(options.model) is not None


def capability_of(base_url: str, model: str) -> Capability:
    """Give what this process has found out of a model at a service; everything is tried when it is new."""
    return _known.get((base_url, model), Capability())


def remember_capability(base_url: str, model: str, capability: Capability) -> None:
    """Keep what was found out, for all engines of this process."""
    _known[base_url, model] = capability


def forget_capabilities() -> None:
    """Find out anew: the service may have changed."""
    _known.clear()


class RequestTemplate:
    """Writes chat completion bodies for one prompt, one set of options and one capability."""

    def __init__(self, shared: prompt.Prompt, options: OpenAIOptions, capability: Capability,
                 shots: FewShots | None = None) -> None:  # fmt: skip
        """shots: reviewed examples, of which each request brings the nearest."""
        optional = _optional(shared, options)
        self.sent = [name for name in optional if name not in capability.dropped]
        self.capability = capability
        self._shots, self._n_shot_tokens = shots, options.example_tokens if shots else 0
        self._reasons = reasons(options)
        system = {"role": "system", "content": shared.system}
        head = orjson.dumps({"model": options.model, "messages": [system]})
        self._head = head[:-2] + b',{"role":"user","content":'
        settings = {name: optional[name] for name in self.sent} | _response_format(shared, capability.mode)
        self._tail = b"}]" + (b"," + orjson.dumps(settings)[1:-1] if settings else b"")
        self.n_prefix_tokens = int((len(shared.system) + len(self._tail)) / CHARS_PER_TOKEN)

    def body(self, asks: Sequence[Ask]) -> bytes:
        """Write the request for these products."""
        reviewed = self._shots.nearest([ask.text for ask in asks]) if self._shots else ()
        return self._head + _encode(prompt.user_message(asks, reviewed)) + self._tail + self._cap(len(asks)) + b"}"

    def weigh(self, asks: Sequence[Ask]) -> int:
        """Estimate what a request counts against a tokens-per-minute limit: its input and the output it may take."""
        n_chars = sum(len(ask.text) + 40 for ask in asks)
        n_input = self.n_prefix_tokens + self._n_shot_tokens + int(n_chars / CHARS_PER_TOKEN)
        return n_input + self._n_output_tokens(len(asks))

    def _cap(self, n: int) -> bytes:
        """Bound the answer. A model that reasons spends an unknown number of tokens first: not bounded."""
        name = self.capability.output_cap
        if not name or self._reasons:
            return b""
        return b',"%s":%d' % (name.encode(), self._n_output_tokens(n))

    def _n_output_tokens(self, n: int) -> int:
        return OUTPUT_TOKENS_BASE + OUTPUT_TOKENS_EACH * n


def _optional(shared: prompt.Prompt, options: OpenAIOptions) -> dict[str, object]:
    wanted: dict[str, object | None] = {
        "temperature": options.temperature,
        "seed": options.seed,
        "service_tier": options.service_tier,
        "reasoning_effort": options.reasoning_effort,
        "prompt_cache_key": f"anaquel-{shared.fingerprint}",
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _response_format(shared: prompt.Prompt, mode: str) -> dict[str, object]:
    if mode == "json_schema":
        schema = {"name": "answers", "strict": True, "schema": shared.schema}
        return {"response_format": {"type": mode, "json_schema": schema}}
    return {"response_format": {"type": mode}} if mode == "json_object" else {}


def _encode(text: str) -> bytes:
    """Encode as a JSON string; a lone surrogate (no UTF-8 can hold it) becomes "?"."""
    try:
        return orjson.dumps(text)
    except (TypeError, orjson.JSONEncodeError):
        return orjson.dumps(text.encode("utf-8", "replace").decode())
