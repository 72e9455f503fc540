"""The models that a key may use, as the service lists them."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from classifier.engines.openai_faults import error_of
from classifier.engines.openai_transport import ConnectionFault, Transport
from classifier.engines.options import Credentials

MAX_MODELS = 1_000
LOOK_S = 5.0  # nobody who starts a job waits longer for a list


async def listed_models(transport: Transport, deadline_s: float) -> tuple[str, ...] | None:
    """Give the names, sorted; None when the service does not list them."""
    try:
        async with asyncio.timeout(deadline_s):
            answer = await transport.get("/models")
    except (TimeoutError, ConnectionFault):
        return None
    listed: Mapping[str, Any] = error_of(answer.content) if answer.status == 200 else {}
    rows = listed.get("data")
    if not isinstance(rows, list):
        return None
    names = (row["id"] for row in rows if isinstance(row, dict) and isinstance(row.get("id"), str))
    return tuple(sorted(names))[:MAX_MODELS]


async def is_absent(credentials: Credentials, model: str, known: str) -> bool:
    """Tell whether the list says that there is no such model.

    A list without `known`, a model that is in use, speaks other names (Azure lists models, not deployments) and tells
    nothing; no more does a list that was cut or that did not come.
    """
    transport = Transport(credentials, LOOK_S)
    try:
        names = await listed_models(transport, LOOK_S)
    finally:
        await transport.aclose()
    return names is not None and len(names) < MAX_MODELS and _names(names, known) and not _names(names, model)


def _names(listed: Collection[str], model: str) -> bool:
    """Look for a name; Ollama lists "llama3:latest" for "llama3"."""
    return model in listed or f"{model}:latest" in listed
