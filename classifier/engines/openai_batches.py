"""OpenAI's Batch API through the openai client: a file in, a batch, files out (OpenAI's guide "Batch API")."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import httpx2
import orjson
from openai import APIConnectionError, APIStatusError, APITimeoutError, OpenAIError
from openai.types import Batch, FileObject

from classifier.engines.batch import ENDED, TIER, UNASKED, BatchFault, BatchLine, BatchState, ReadLine
from classifier.engines.openai_faults import error_of, kind_of, sentence
from classifier.engines.openai_transport import Answer, retry_after_s
from classifier.isolation import goes_alone
from classifier.outcomes import Ask, FailureKind, Reply

if TYPE_CHECKING:
    from classifier.engines.openai import OpenAIEngine

T = TypeVar("T")
ENDPOINT: Literal["/v1/chat/completions"] = "/v1/chat/completions"
MARK = "anaquel_batch"  # the metadata's key of our own id
TRANSFER_S = 600.0  # a file may be many megabytes
N_LISTED = 1_000  # newest batches looked through for one of ours
CLOCKS = timedelta(minutes=10)  # by which the provider's clock may differ
NO_BATCHES = "This service has no Batch API. Start the job without it."


class OpenAIBatches:
    """BatchService of one job's engine."""

    def __init__(self, engine: OpenAIEngine) -> None:
        self._engine = engine
        self._client = engine.client.with_options(max_retries=0)

    def group(self, asks: Sequence[Ask]) -> list[list[Ask]]:
        """Part the products into requests: texts that read like instructions by themselves."""
        notations, n = self._engine.prompt.notations, self._engine.batch_size
        aside = {ask.key for ask in asks if goes_alone(ask.text, notations)}
        together = [ask for ask in asks if ask.key not in aside]
        return [together[i : i + n] for i in range(0, len(together), n)] + [[a] for a in asks if a.key in aside]

    def write(self, groups: Sequence[Sequence[Ask]]) -> bytes:
        """Write the file of requests, one a line; a line is known again by its number."""
        lines = []
        for n, group in enumerate(groups):
            head = orjson.dumps({"custom_id": str(n), "method": "POST", "url": ENDPOINT})
            lines.append(head[:-1] + b',"body":' + self._engine.body(group) + b"}")
        return b"\n".join(lines)

    def reader(self) -> ReadLine:
        """Return what reads the lines of one batch, all with what is known of the service at this moment."""
        read = self._engine.reader()

        def reply(asks: Sequence[Ask], line: BatchLine, state: BatchState) -> Reply:
            headers = {"x-request-id": line.request_id} if line.request_id else {}
            found = read(asks, Answer(line.http_status, line.content, headers), state.submitted_at)
            took_s = ((state.ended_at or datetime.now(UTC)) - state.submitted_at).total_seconds()
            assert found.call is not None
            call = replace(found.call, latency_s=max(0.0, took_s), service_tier=TIER, limits=None)
            return Reply(found.answers, call)

        return reply

    async def upload(self, name: str, lines: bytes) -> str:
        """Hand the file over; returns its id there."""
        file = (f"{name}.jsonl", lines, "application/jsonl")
        made = await self._told(self._client.files.create(file=file, purpose="batch", timeout=TRANSFER_S))
        return str(_expect(made, FileObject).id)

    async def create(self, file_id: str, mark: str) -> BatchState:
        """Start the batch; mark (our own id) goes into its metadata."""
        made = self._client.batches.create(input_file_id=file_id, endpoint=ENDPOINT, completion_window="24h",
                                           metadata={MARK: mark})  # fmt: skip
        return _state(_expect(await self._told(made), Batch))

    async def find(self, mark: str, since: datetime) -> BatchState | None:
        """Find a batch that was started with this mark since a moment; of several the first, the others cancelled."""
        found = await self._told(self._marked(mark, since))
        for extra in found[:-1]:  # the list is newest first
            if extra.status not in ENDED:
                await self.cancel(extra.batch_id)
        return found[-1] if found else None

    async def look(self, batch_id: str) -> BatchState:
        """Ask how far it is."""
        return _state(_expect(await self._told(self._client.batches.retrieve(batch_id)), Batch))

    async def cancel(self, batch_id: str) -> None:
        """Ask that nothing more of it be answered; what was answered is charged and can be fetched."""
        await self._told(self._client.batches.cancel(batch_id))

    async def answers(self, state: BatchState) -> Mapping[int, BatchLine]:
        """Fetch the answers by line number; what was never put to the model is left out."""
        found: dict[int, BatchLine] = {}
        for file_id in state.files:
            response = await self._told(self._client.files.content(file_id, timeout=TRANSFER_S))
            found.update(_lines(response.content))
        return found

    async def _marked(self, mark: str, since: datetime) -> list[BatchState]:
        found, n = [], 0
        async for batch in self._client.batches.list(limit=100):
            n += 1
            if n > N_LISTED or batch.created_at < (since - CLOCKS).timestamp():
                break
            if (batch.metadata or {}).get(MARK) == mark:
                found.append(_state(batch))
        return found

    async def _told(self, step: Awaitable[T]) -> T:
        """Carry a step out; raises BatchFault when it does not succeed."""
        redact = self._engine.redact
        try:
            return await step
        except APIStatusError as error:
            told, status = error_of(error.response.content), error.response.status_code
            kind = kind_of(status, told)
            message = NO_BATCHES if status in (404, 405) and not told.get("code") else sentence(kind, status, told)
            raise BatchFault(kind, redact(message), retry_after_s(error.response.headers)) from None
        except APITimeoutError:
            raise BatchFault(FailureKind.TIMEOUT, "The service gave no answer in time.") from None
        except (APIConnectionError, httpx2.HTTPError, OSError) as error:
            raise BatchFault(FailureKind.CONNECTION, redact(f"The service cannot be reached ({error}).")) from None
        except (OpenAIError, ValueError, TypeError, AttributeError) as error:
            raise BatchFault(FailureKind.BAD_REQUEST, NO_BATCHES) from error


def _expect(made: object, kind: type[Any]) -> Any:
    """Check the shape: the client hands over whatever a service sends that is not JSON."""
    if not isinstance(made, kind) or not getattr(made, "id", None):
        raise BatchFault(FailureKind.BAD_REQUEST, NO_BATCHES)
    return made


def _state(batch: Batch) -> BatchState:
    counts = batch.request_counts
    ended_s = batch.completed_at or batch.expired_at or batch.cancelled_at or batch.failed_at
    first = batch.errors.data[0] if batch.errors and batch.errors.data else None
    return BatchState(
        batch_id=batch.id, status=batch.status, n_requests=counts.total if counts else 0,
        n_done=counts.completed if counts else 0, n_failed=counts.failed if counts else 0,
        submitted_at=datetime.fromtimestamp(batch.created_at, UTC),
        expires_at=datetime.fromtimestamp(batch.expires_at, UTC) if batch.expires_at else None,
        ended_at=datetime.fromtimestamp(ended_s, UTC) if ended_s else None,
        files=tuple(file for file in (batch.output_file_id, batch.error_file_id) if file),
        problem=(first.message or first.code) if first else None, problem_code=first.code if first else None,
    )  # fmt: skip


def _lines(content: bytes) -> Iterator[tuple[int, BatchLine]]:
    """Read an output or error file; a line that is no answer to a request of ours counts as not there."""
    for text in content.splitlines():
        try:
            line = orjson.loads(text)
            number = int(line["custom_id"])
        except (orjson.JSONDecodeError, TypeError, KeyError, ValueError):
            continue
        answer, error = line.get("response"), line.get("error")
        if isinstance(answer, dict):
            status = answer.get("status_code")
            request_id = answer.get("request_id")
            yield number, BatchLine(status if isinstance(status, int) else 500, orjson.dumps(answer.get("body")),
                                    request_id if isinstance(request_id, str) else None)  # fmt: skip
        elif isinstance(error, dict) and error.get("code") not in UNASKED:
            yield number, BatchLine(500, orjson.dumps({"error": error}), None)
