"""The only loop: claim, classify, price, record. An executor calls `run_chunk` and nothing else."""

from __future__ import annotations

import asyncio
import heapq
import time
from collections import deque
from collections.abc import Sequence
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING

from classifier.outcomes import Call, Failure, Prediction, Reply, RunnerUp, Verdict
from classifier.pricing import split
from classifier.recorder import Recorder
from classifier.retry import Again, Decision, StopJob, decide, feedback
from classifier.work import Work, attempt_of, result_of, share_out
from storage import AttemptRow, Claim, Store

if TYPE_CHECKING:
    from classifier.contexts import JobContext

GRACE_S = 1.2  # after a cancel: answers that come within this are recorded before the chunk is let go
_numbers = count(1)


async def run_chunk(context: JobContext, claim: Claim, store: Store, recorder: Recorder) -> None:
    """Answer every open item of a leased chunk, or let it go when the job is to stop.

    Idempotent and resumable: items that are final already are not asked again. Never raises for what a product or the
    service does.
    """
    recorder.hold(claim, context.spec_key)
    run = ChunkRun(context, claim, recorder)
    context.runs.add(run)
    try:
        works = [Work(item, item.n_attempts) for item in await asyncio.to_thread(store.open_items, claim)]
        run.todo.extend(await _reuse(context, claim, store, recorder, works))
        await run.drive()
    finally:
        context.runs.discard(run)
        if run.lost:
            recorder.forget(claim)
        else:
            await recorder.let_go(claim, finished=run.is_finished)


async def _reuse(context: JobContext, claim: Claim, store: Store, recorder: Recorder,
                 works: list[Work]) -> list[Work]:  # fmt: skip
    """Answer what an earlier job with the same spec was told already, at no cost; returns the rest."""
    if context.spec_key is None or not context.reuse or not works:
        return works
    known = await asyncio.to_thread(store.find_answers, context.spec_key, [w.item.text_key for w in works])
    told = [w for w in works if w.item.text_key in known]
    for work in told:
        row = known[work.item.text_key]
        runners_up = tuple(RunnerUp(n, s) for n, s in row.runners_up or ())
        prediction = Prediction(Verdict(row.verdict), row.notation, row.confidence, row.why or "", runners_up)
        recorder.record(claim, [result_of(work, prediction, reused=True)], None)
    return [w for w in works if w.item.text_key not in known]


class ChunkRun:
    """The items of one chunk on their way: to ask, being asked, waiting to be asked again."""

    def __init__(self, context: JobContext, claim: Claim, recorder: Recorder) -> None:
        self.context, self.claim, self.recorder = context, claim, recorder
        self.todo: deque[Work] = deque()
        self.lost = False
        self._alone: deque[Work] = deque()
        self._later: list[tuple[float, int, list[Work], bool]] = []  # (ready at, tie, works, alone)
        self._calls: set[asyncio.Task[None]] = set()

    @property
    def is_finished(self) -> bool:
        """Whether every item has its final outcome."""
        return not (self.todo or self._alone or self._later or self._calls)

    @property
    def n_open(self) -> int:
        """Items that have no final outcome yet and are not in a call."""
        return len(self.todo) + len(self._alone) + sum(len(works) for _, _, works, _ in self._later)

    async def drive(self) -> None:
        """Start calls as permits come, until nothing is open or the job is to stop."""
        while not self.is_finished and not self.context.stopping and not self.lost:
            self._wake_later()
            if (self.todo or self._alone) and self.recorder.trouble is None:
                await self._start_call()
            else:
                await self._wait()
        await self._end_calls()

    async def _start_call(self) -> None:
        engine = self.context.engine
        batch = [self._alone.popleft()] if self._alone else self._take(engine.batch_size)
        asks = [work.ask() for work in batch]
        weight = engine.weigh(asks)
        if not await self.context.permit(weight):
            self.todo.extendleft(reversed(batch))
            await self._wait()
            return
        task = asyncio.create_task(self._call(batch, weight))
        self._calls.add(task)
        task.add_done_callback(self._calls.discard)

    def _take(self, n: int) -> list[Work]:
        return [self.todo.popleft() for _ in range(min(n, len(self.todo)))]

    def _wake_later(self) -> None:
        now_s = time.monotonic()
        while self._later and self._later[0][0] <= now_s:
            _, _, works, alone = heapq.heappop(self._later)
            (self._alone if alone else self.todo).extend(works)

    async def _wait(self) -> None:
        """Wait for a call to end, for the next retry to be due, or a moment."""
        rest_s = 0.0 if self.context.stopping else 0.5
        if self._later:
            rest_s = min(rest_s, max(0.005, self._later[0][0] - time.monotonic()))
        if self._calls:
            await asyncio.wait(self._calls, timeout=rest_s, return_when=asyncio.FIRST_COMPLETED)
        else:
            await asyncio.sleep(rest_s)

    async def _end_calls(self) -> None:
        """Let calls in flight end: all of them, but no longer than the grace period after a cancel."""
        if not self._calls:
            return
        await asyncio.wait(self._calls, timeout=GRACE_S if self.context.cancelling else None)

    async def _call(self, batch: list[Work], weight: int) -> None:
        call = None
        try:
            reply = await self.context.engine.classify([work.ask() for work in batch])
            call = reply.call
            self._settle(batch, reply)
        finally:
            self.context.give_back(weight, call)

    def _settle(self, batch: list[Work], reply: Reply) -> None:
        """Price the call, record it with what became final, and put the rest back to be asked again."""
        call, attempt = reply.call, None
        answers = [reply.answers[work.key] for work in batch]
        if call:
            attempt = self._bill(batch, answers, call)
        again: list[tuple[Work, Again]] = []
        results = []
        for work, answer in zip(batch, answers, strict=True):
            work.n_attempts += 1
            decision = None if isinstance(answer, Prediction) else self._decide(work, answer, call)
            if isinstance(decision, Again):
                again.append((work, decision))
            elif isinstance(decision, StopJob):
                self.todo.append(work)
            else:
                results.append(result_of(work, answer))
        self._put_back(again)
        if results or attempt:
            self.recorder.record(self.claim, results, attempt)

    def _bill(self, batch: list[Work], answers: Sequence[Prediction | Failure], call: Call) -> AttemptRow:
        cost_usd = self.context.bill(call)
        shares = split(cost_usd, len(batch)) if cost_usd is not None else []
        share_out(batch, call, cost_usd, shares)
        wasted = (share for share, answer in zip(shares, answers, strict=False) if isinstance(answer, Failure))
        n_sound = sum(isinstance(answer, Prediction) for answer in answers)
        name = f"{self.recorder.worker}-{next(_numbers)}"
        return attempt_of(name, batch, call, n_sound, cost_usd, sum(wasted, Decimal(0)))

    def _decide(self, work: Work, failure: Failure, call: Call | None) -> Decision:
        now_s = time.monotonic()
        work.failing_since_s = work.failing_since_s or now_s
        work.feedback = feedback(failure)
        decision = decide(failure, work.n_attempts, now_s - work.failing_since_s, call.retry_after_s if call else None)
        if isinstance(decision, StopJob):
            self.context.fail(f"{failure.message} {decision.remedy}")
        elif isinstance(decision, Again) and not decision.counts:
            work.n_attempts -= 1
        self.context.note_failure(failure, decision)
        return decision

    def _put_back(self, again: list[tuple[Work, Again]]) -> None:
        """Queue the works; those that may go together wait and go together."""
        for alone in (False, True):
            waits_s = [decision.wait_s for _, decision in again if decision.alone is alone]
            if waits_s:
                works = [work for work, decision in again if decision.alone is alone]
                heapq.heappush(self._later, (time.monotonic() + max(waits_s), next(_numbers), works, alone))
