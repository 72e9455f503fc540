"""The fault-injecting service as a process of its own, with a ledger on disk that survives every kill of the client.

    python -m tests.faults.ledger_server FOLDER [ADDRESS]

FOLDER/port: where it listens. FOLDER/mode.json: {"always": FAULT} | {"rates": {FAULT: share}} and "latency_s", read at
each call. FOLDER/ledger.jsonl: a line when a call comes ("asked") and when an answer is computed and charged ("paid").
"""

from __future__ import annotations

import json
import logging
import os
import random
import signal
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.llm_server import Asked, LLMServer


class LedgerServer(LLMServer):
    def __init__(self, folder: Path) -> None:
        super().__init__(faults=self._fault)
        self._mode = folder / "mode.json"
        self._ledger = os.open(folder / "ledger.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._dice = random.Random(7)

    def _understand(self, body: dict[str, Any], request: web.Request) -> Asked:
        asked = super()._understand(body, request)
        mode = self._read_mode()
        self.latency_s = mode.get("latency_s", 0.05)
        self.retry_after = str(mode.get("retry_after", 1))
        self._note("asked", asked, {})
        return asked

    def _fault(self, asked: Asked) -> str | None:
        mode = self._read_mode()
        if "always" in mode:
            return str(mode["always"])
        rates: Mapping[str, float] = mode.get("rates", {})
        return self._dice.choices([*rates, None], [*rates.values(), 1 - sum(rates.values())])[0]

    def _charge(self, asked: Asked, content: str) -> dict[str, object]:
        usage = super()._charge(asked, content)
        self._note("paid", asked, {"input": usage["prompt_tokens"], "output": usage["completion_tokens"]})
        return usage

    def _note(self, what: str, asked: Asked, more: Mapping[str, object]) -> None:
        line = {"what": what, "n": asked.n, "texts": [p["text"] for p in asked.products], **more}
        os.write(self._ledger, (json.dumps(line) + "\n").encode())

    def _read_mode(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._mode.read_text(encoding="utf-8")))
        except (OSError, ValueError):
            return {}


def main(folder: Path, host: str = LLMServer.host) -> None:
    logging.getLogger("aiohttp.server").disabled = True  # that clients hang up is what the tests are about
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    LedgerServer.host = host
    with LedgerServer(folder) as server:
        port = folder / "port.new"
        port.write_text(server.base_url, encoding="utf-8")
        port.rename(folder / "port")
        while not ended.wait(0.2):
            if os.getppid() == 1:
                return  # the tests are gone


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
