"""The only loop: claim, classify, price, record. An executor calls `run_chunk` and nothing else."""

from __future__ import annotations

import asyncio
import heapq
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING

from classifier.outcomes import Ask, Call, Failure, FailureKind, Prediction, RunnerUp, Verdict
from classifier.pricing import split
from classifier.recorder import Hold, Recorder
from classifier.retry import A_FEW, Again, Decision, StopJob, decide, feedback
from classifier.work import Work, attempt_of, result_of, share_out
from storage import AttemptRow, Claim, Result, Store

if TYPE_CHECKING:
    from classifier.contexts import JobContext, Permit

log = logging.getLogger("anaquel.runner")

GRACE_S = 1.0  # after a cancel: answers that come within this are recorded before the chunk is let go
LOOK_S = 1.0  # how long a run that has nothing to start rests at most
BROKEN_REST_S = 1.0
_numbers = count(1)


async def run_chunk(run: ChunkRun, store: Store) -> None:
    """Answer every open item of a leased chunk, or let it go when the job is to stop.

    Idempotent and resumable: items that are final already are not asked again. Answers that come after a cancel was
    carried out are recorded all the same: they are paid. Raises only what the record raises.
    """
    recorder, hold = run.recorder, run.hold
    try:
        works = [Work(item, item.n_attempts) for item in await asyncio.to_thread(store.open_items, hold.claim)]
        run.begin(works, await _reuse(run, store, works))
        await run.drive()
    except Exception:
        await asyncio.sleep(BROKEN_REST_S)  # whoever claims the chunk next may meet the same
        raise
    finally:
        if hold.lost:
            recorder.forget(hold)
        else:
            await recorder.let_go(hold, finished=run.is_finished)
        await run.end_calls(None)
        run.context.runs.discard(run)


async def _reuse(run: ChunkRun, store: Store, works: list[Work]) -> list[Work]:
    """Find what an earlier job with the same spec was told already, at no cost; returns the rest."""
    context = run.context
    if context.spec_key is None or not context.reuse or not works:
        return works
    known = await asyncio.to_thread(store.find_answers, context.spec_key, [w.item.text_key for w in works])
    results, now_at = [], datetime.now(UTC)
    for work in (w for w in works if w.item.text_key in known):
        row = known[work.item.text_key]
        runners_up = tuple(RunnerUp(n, s) for n, s in row.runners_up or ())
        prediction = Prediction(Verdict(row.verdict), row.notation, row.confidence, row.why or "", runners_up)
        results.append(result_of(work, prediction, now_at, reused=True))
    if results:
        run.recorder.record(run.hold, results, None)
    return [w for w in works if w.item.text_key not in known]


class ChunkRun:
    """The items of one chunk on their way: to ask, being asked, waiting to be asked again."""

    is_elsewhere = False  # a run that only waits for a provider takes no room from others

    def __init__(self, context: JobContext, claim: Claim, recorder: Recorder,
                 call_started: Callable[[], None] | None = None) -> None:  # fmt: skip
        self.context, self.recorder, self._call_started = context, recorder, call_started
        self.hold: Hold = recorder.hold(claim, context.spec_key, context.turns.written)
        self._n_left: int | None = None  # items without a final outcome; None: not read yet
        self._todo: deque[Work] = deque()
        self._few: deque[Work] = deque()
        self._alone: deque[Work] = deque()
        self._later: list[tuple[float, int, list[Work], deque[Work]]] = []  # (ready at, tie, works, where to)
        self._calls: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self.begun_s = time.monotonic()
        self._lets_go = False

    @property
    def is_finished(self) -> bool:
        """Whether every item has its final outcome."""
        return self._n_left == 0

    @property
    def n_open(self) -> int:
        """Items that have no final outcome yet and are not in a call."""
        if self._n_left is None:
            return self.hold.claim.last - self.hold.claim.first + 1
        return len(self._todo) + len(self._few) + len(self._alone) + sum(len(works) for _, _, works, _ in self._later)

    def begin(self, works: Sequence[Work], unknown: Sequence[Work]) -> None:
        """Take the chunk's open items, of which only the unknown ones are still to be asked."""
        self._n_left = len(unknown)
        self._todo.extend(unknown)

    def let_go_early(self) -> None:
        """Start no more calls, unless something waits to be asked again: how long it has failed is known only here."""
        if self._todo and not (self._alone or self._later) and not any(work.failing_since_s for work in self._todo):
            self._lets_go = True
            self.wake()

    def wake(self) -> None:
        """Look again at what there is to do."""
        self._woken.set()

    def abandon(self) -> None:
        """Wait no longer for calls in flight; that they were made is recorded."""
        for call in self._calls:
            call.cancel()

    async def drive(self) -> None:
        """Start calls as permits come, until nothing is open or the job is to stop; then see calls in flight home."""
        while not (self.is_finished or self.context.stopping or self.hold.lost or self._lets_go):
            self._wake_later()
            if (self._todo or self._few or self._alone) and self.recorder.trouble is None:
                await self._start_call()
            else:
                await self._rest()
        await self.end_calls(GRACE_S if self.context.cancelling else None)

    async def end_calls(self, grace_s: float | None) -> None:
        """Let calls in flight end, for so long at most; a cancel shortens that."""
        ends_s = None if grace_s is None else time.monotonic() + grace_s
        while self._calls and (ends_s is None or time.monotonic() < ends_s):
            await self._sleep(None if ends_s is None else ends_s - time.monotonic())
            if ends_s is None and self.context.cancelling and self.hold.let_go is None:
                ends_s = time.monotonic() + GRACE_S

    async def _start_call(self) -> None:
        engine = self.context.engine
        queue = self._alone or self._few or self._todo
        n = 1 if queue is self._alone else self.context.next_size(len(queue))
        n = min(n, A_FEW) if queue is self._few else n
        batch = [queue.popleft() for _ in range(n)]
        asks = [work.ask() for work in batch]
        weight = engine.weigh(asks)
        permit = await self.context.permit(weight)
        if permit is not None and self.hold.lost:  # another's since this run queued for the permit
            self.context.give_back(permit, None)
            permit = None
        if permit is None:
            queue.extendleft(reversed(batch))
            return
        task = asyncio.create_task(self._call(batch, asks, permit))
        self._calls.add(task)
        task.add_done_callback(self._called)
        if self._call_started is not None:
            self._call_started()

    def _called(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        self._woken.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("a call of job %s broke off", self.context.job_id, exc_info=error)

    def _wake_later(self) -> None:
        now_s = time.monotonic()
        while self._later and self._later[0][0] <= now_s:
            _, _, works, queue = heapq.heappop(self._later)
            queue.extend(works)

    async def _rest(self) -> None:
        """Wait until a call ends, the next retry is due or something else is told, but not for long."""
        rest_s = LOOK_S
        if self._later:
            rest_s = min(rest_s, max(0.005, self._later[0][0] - time.monotonic()))
        await self._sleep(rest_s)

    async def _sleep(self, rest_s: float | None) -> None:
        self._woken.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(rest_s):
                await self._woken.wait()

    async def _call(self, batch: list[Work], asks: list[Ask], permit: Permit) -> None:
        call, started_at, started_s = None, datetime.now(UTC), time.monotonic()
        try:
            reply = await self.context.engine.classify(asks)
            call = reply.call
            self._settle(batch, [reply.answers[ask.key] for ask in asks], call)
        except asyncio.CancelledError:
            call = Call(str(self.context.engine.model), started_at, time.monotonic() - started_s,
                        FailureKind.CONNECTION, error="The program was stopped before the answer came.")  # fmt: skip
            self._abandoned(batch, call)
        except Exception as error:
            log.exception("the engine of job %s broke", self.context.job_id)
            failure = Failure(FailureKind.INTERNAL, f"The program itself failed ({type(error).__name__}).",
                              alone=len(batch) == 1)  # fmt: skip
            self._settle(batch, [failure] * len(batch), None)
        finally:
            self.context.give_back(permit, call)

    def _abandoned(self, batch: list[Work], call: Call) -> None:
        """Note a call that may have been charged, at a price that nobody told."""
        self._todo.extend(batch)
        self._record([], attempt_of(self._attempt_id(), batch, call, 0, None, Decimal(0)))

    def _settle(self, batch: list[Work], answers: list[Prediction | Failure], call: Call | None) -> None:
        """Price the call, record it with what became final, and put the rest back to be asked again."""
        attempt = self._bill(batch, answers, call) if call else None
        again: list[tuple[Work, Again]] = []
        results, now_at = [], datetime.now(UTC)
        for work, answer in zip(batch, answers, strict=True):
            work.n_attempts += 1
            decision = None if isinstance(answer, Prediction) else self._decide(work, answer, call)
            if isinstance(decision, Again):
                again.append((work, decision))
            elif isinstance(decision, StopJob):
                self._todo.append(work)
            else:
                results.append(result_of(work, answer, now_at))
        self._put_back(again)
        self._record(results, attempt)

    def _record(self, results: list[Result], attempt: AttemptRow | None) -> None:
        if self._n_left is not None:
            self._n_left -= len(results)
        if not (results or attempt):
            return
        is_free = self.recorder.record(self.hold, results, attempt, journal=not self._is_read_again,
                                       most_waiting=self.context.engine.limiter.concurrency)  # fmt: skip
        if not is_free:
            self.context.turns.answered(1)

    @property
    def _is_read_again(self) -> bool:
        """Whether what is being settled is read again after a kill, at no cost."""
        return False

    def _bill(self, works: list[Work], answers: Sequence[Prediction | Failure], call: Call) -> AttemptRow:
        """Share the call's cost among those it asked about; the set aside were not."""
        asked = [(w, a) for w, a in zip(works, answers, strict=True) if not _is_set_aside(a)]
        batch, answers = [work for work, _ in asked], [answer for _, answer in asked]
        cost_usd = self.context.bill(call)
        shares = split(cost_usd, len(batch)) if cost_usd is not None else []
        share_out(batch, call, cost_usd, shares)
        wasted = (share for share, answer in zip(shares, answers, strict=False) if isinstance(answer, Failure))
        n_sound = sum(isinstance(answer, Prediction) for answer in answers)
        return attempt_of(self._attempt_id(), batch, call, n_sound, cost_usd, sum(wasted, Decimal(0)))

    def _attempt_id(self) -> str:
        return f"{self.recorder.worker}-{next(_numbers)}"

    def _decide(self, work: Work, failure: Failure, call: Call | None) -> Decision:
        waited_s = work.wait_out(failure.kind, time.monotonic())
        work.feedback = feedback(failure) or work.feedback
        retry_after_s, whole = (call.retry_after_s, call.kind == failure.kind) if call else (None, False)
        decision = decide(failure, work.n_attempts, waited_s, retry_after_s, work.n_lost, whole=whole)
        if isinstance(decision, StopJob):
            self.context.fail(f"{failure.message} {decision.remedy}")
        elif isinstance(decision, Again) and not decision.counts:
            work.n_attempts -= 1
        self.context.note_failure(failure, decision)
        return decision

    def _put_back(self, again: list[tuple[Work, Again]]) -> None:
        """Queue the works; those that may go together wait and go together."""
        for queue in (self._todo, self._few, self._alone):
            its = [(work, decision.wait_s) for work, decision in again if self._queue_of(decision) is queue]
            if its:
                ready_s = time.monotonic() + max(wait_s for _, wait_s in its)
                heapq.heappush(self._later, (ready_s, next(_numbers), [work for work, _ in its], queue))

    def _queue_of(self, decision: Again) -> deque[Work]:
        return self._alone if decision.alone else self._few if decision.few else self._todo


def _is_set_aside(answer: Prediction | Failure) -> bool:
    return isinstance(answer, Failure) and answer.kind is FailureKind.SET_ASIDE
