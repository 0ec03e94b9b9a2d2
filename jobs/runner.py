"""Claim, run, settle: what every job task does around its handler."""

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

import structlog
from structlog.contextvars import bind_contextvars

from jobs.backoff import backoff
from jobs.putting_off import FailedForNow, put_off
from jobs.run import Run
from jobs.runtime import BrokerRefused, Runtime
from jobs.store_health import StoreRun, note_fault, note_refusal, note_silence, words_of
from ledger.records import Settlement
from metrics.measures import note_job_run, note_lost_leases
from schemas.advice import SEE_WHAT_WAS_TRIED
from schemas.errors import LeaseLost, MalformedDocument, NeedsPerson, OutOfTime, RetryLater, Wait
from schemas.flows import flow_name
from schemas.messages import OrderMessage
from schemas.reasons import Reason
from schemas.states import JobState
from schemas.wording.lists import counted
from schemas.wording.phrases import Phrase, joined, phrase
from tracing.spans import note

log = structlog.get_logger()

# After a store-wide problem (a wrong secret, a revoked client) the job runs again after this pause.
STORE_PAUSE_SECONDS = 60.0
# This many first imports that differ for the same reason stop the flow: then a setting is wrong, not an order.
ALIKE_TO_STOP = 3

# A document that a poll kept is used while the last good poll of the shop is at most this many poll intervals ago.
KEPT_POLLS = 2

# The lanes of a direction's jobs, the urgent one first: 0 export, 1 live import, 2 work that is not urgent.
LANES = {"import": (1, 2), "export": (0, 2)}

Handler = Callable[[Run], Phrase]


@dataclass(frozen=True, slots=True)
class Flow:
    """A kind of job: the task that runs it and on which queue, its handler, and how many calls a usual run makes.

    These calls at each vendor are reserved before a run begins. After a run the same job rests for `rest` seconds,
    so that many requests in a short time become one more run.
    `keyword` is the name of the subject in its messages, None when a store has only one subject; `epages_more` returns
    how many more calls at the shop a run makes than usual. `takes_kept_order`: one of the usual calls reads the order,
    and is not made if a poll has kept it.
    """

    name: str
    direction: str
    task: str
    queue: str
    handler: Handler
    epages_calls: int
    afosto_calls: int
    rest: float = 0.0
    keyword: str | None = "order"
    epages_more: Callable[[Run], int] = lambda run: 0
    takes_kept_order: bool = False

    @property
    def of_a_store(self) -> bool:
        """Whether one job serves the whole store: its errors then show as the store's health."""
        return self.keyword is None

    def calls_to_shop(self, *, is_kept: bool) -> int:
        """How many calls to the shop a usual run makes; `is_kept`: a poll has kept the order."""
        return self.epages_calls - (self.takes_kept_order and is_kept)

    def message(self, store: str, subject: str, version: int) -> dict[str, object]:
        """Return the keyword arguments that ask for a run of one job."""
        named: dict[str, object] = {self.keyword: subject} if self.keyword else {}
        return {"store": store, **named, "version": version}


def execute(runtime: Runtime, flow: Flow, message: OrderMessage, top_up: Callable[[Runtime, Flow], None]) -> str:
    """Run the job that a message asks for and return its outcome in words; `top_up` is called after it.

    Raises FailedForNow when the job will be run again, NeedsPerson when it is parked: Flower then shows a retry or a
    failure. The ledger has already decided what happens next.
    """
    jobs = runtime.ledger.jobs
    key = (message.store, flow.direction, flow.name, message.order)
    if message.version is None and jobs.request_run(*key, lane=LANES[flow.direction][0]) is None:
        runtime.ledger.stores.get(message.store)
    claimed_at = time.monotonic()
    newest = KEPT_POLLS * runtime.settings.poll_interval
    claimed = jobs.claim(*key, holder=runtime.holder, lease=runtime.settings.lease, newest=newest)
    if claimed is None:
        return "nothing to do: done already, on its way elsewhere, not due, or switched off"
    job, context = claimed
    bind_contextvars(store=job.store, order=job.order_key, number=context.number, job=job.id)
    runtime.leases.hold(job.id, claimed_at)
    try:
        return _run(Run(runtime, job, context, job.prepaid_epages, job.prepaid_afosto), flow)
    finally:
        runtime.leases.release(job.id)
        top_up(runtime, flow)


def _run(run: Run, flow: Flow) -> str:
    try:
        _reserve(run, flow)
        if _dropped_with_order(run):
            return _settle_dropped(run)
        outcome = flow.handler(run)
    except LeaseLost as error:
        _settle(run, Settlement(JobState.WAITING, "lease lost", str(error), pause=0, failed=True))
        raise FailedForNow("the lease was lost") from error
    except (RetryLater, NeedsPerson) as error:
        return _settle_otherwise(run, error)
    except Exception as error:
        _settle(run, _own_fault(run, error))
        if flow.of_a_store:
            note_fault(run.runtime, run.store.name, StoreRun(flow.task), error)
        raise
    _settle(run, Settlement(JobState.DONE, "done", outcome, pause=flow.rest))
    _heal(run)
    if flow.of_a_store:
        run.runtime.ledger.stores.heal_run(run.store.name, StoreRun(flow.task))
    return outcome


def _dropped_with_order(run: Run) -> bool:
    return run.context.order_dropped and run.job.direction == "import" and run.job.flow != "orders"


def _settle_dropped(run: Run) -> str:
    """A person dropped the import of the order: there is nothing to carry this over to, so the job does not wait."""
    outcome = phrase("not carried over: the import of its order was dropped")
    _settle(run, Settlement(JobState.DONE, "dropped", outcome, reason=Reason.ORDER_DROPPED))
    return outcome


def _reserve(run: Run, flow: Flow) -> None:
    """Reserve the calls of a usual run that the job has not yet; raises Wait if they may only be made later."""
    calls = flow.calls_to_shop(is_kept=run.kept_order is not None) + flow.epages_more(run)
    run.prepaid_epages = max(calls, run.job.prepaid_epages)
    run.prepaid_afosto = max(flow.afosto_calls, run.job.prepaid_afosto)
    wait = run.reserve(run.prepaid_epages - run.job.prepaid_epages, run.prepaid_afosto - run.job.prepaid_afosto)
    if wait > 0:
        raise Wait(phrase("the budget is used up for now; calls are reserved"), after=wait, prepaid=True)


def _settle_otherwise(run: Run, error: RetryLater | NeedsPerson) -> str:
    try:
        end = _ending(run, error)
    except Exception as own:
        _settle(run, _own_fault(run, own))
        raise
    _settle(run, end)
    if isinstance(error, NeedsPerson):
        _maybe_stop_flow(run, error)
        if end.state == JobState.PARKED:
            # The vendors answered: the problem is this job's, not theirs.
            _heal(run)
            raise error
    return put_off(error, end.pause)


def _ending(run: Run, error: RetryLater | NeedsPerson) -> Settlement:
    if isinstance(error, OutOfTime):
        return _goes_on(run)
    if isinstance(error, Wait):
        note_silence(run.runtime, run.store, error)
        return _prepaid(run, error) if error.prepaid else _waits(run, error)
    if isinstance(error, RetryLater):
        return _retry(run, error)
    if error.store_wide:
        note_refusal(run.runtime, run.store, error, STORE_PAUSE_SECONDS)
        return Settlement(JobState.WAITING, "store has a problem", str(error), pause=STORE_PAUSE_SECONDS)
    return Settlement(JobState.PARKED, "parked", str(error), reason=error.reason, resolution=error.resolution)


def _goes_on(run: Run) -> Settlement:
    """A run that was out of time has failed only if it changed nothing: the next run would not get further."""
    allowed = f"{run.settings.longest_job:g} s"
    if not run.effects:
        return _retry(
            run,
            RetryLater(
                phrase(
                    "nothing was done in the %(time)s that a run may take: %(requests)s requests",
                    time=allowed,
                    requests=run.requests,
                )
            ),
        )
    last = run.steps[-1] if run.steps else phrase("%(calls)s made", calls=counted(run.effects, "call"))
    said = phrase("%(what)s; a run may take %(time)s, the next one goes on", what=last, time=allowed)
    return Settlement(JobState.WAITING, "goes on", said)


def _waits(run: Run, error: Wait) -> Settlement:
    pause = error.after if error.after is not None else run.settings.retry_base
    return Settlement(
        JobState.WAITING, "waits", str(error), pause=pause, reason=Reason.BLOCKED if error.blocked else None
    )


def _prepaid(run: Run, error: Wait) -> Settlement:
    """The next run starts from the beginning: reserve again the calls that this one has spent."""
    epages, afosto = run.epages_gate.budget, run.afosto_gate.budget
    try:
        wait = run.reserve(epages.lacking, afosto.lacking)
    except Wait as silent:
        return _waits(run, silent)
    return replace(
        _waits(run, error),
        pause=max(error.after or 0.0, wait),
        prepaid_epages=epages.next_run,
        prepaid_afosto=afosto.next_run,
    )


def _retry(run: Run, error: RetryLater) -> Settlement:
    failures = run.job.failures + 1
    pause = error.after or backoff(failures, run.settings.retry_base, run.settings.retry_cap)
    if failures >= run.settings.failures_to_park and run.runtime.ledger.jobs.others_succeed(run.job):
        return _keeps_failing(str(error))
    return Settlement(JobState.WAITING, "failed for now", str(error), pause=pause, failed=True)


def _own_fault(run: Run, error: Exception) -> Settlement:
    message = words_of(error)
    if run.job.failures + 1 >= run.settings.failures_to_park:
        return _keeps_failing(message)
    pause = backoff(run.job.failures + 1, run.settings.retry_base, run.settings.retry_cap)
    return Settlement(JobState.WAITING, "unexpected error", message, pause=pause, failed=True)


def _keeps_failing(message: str) -> Settlement:
    return Settlement(
        JobState.PARKED,
        "parked",
        message,
        failed=True,
        reason=Reason.KEEPS_FAILING,
        resolution=SEE_WHAT_WAS_TRIED(),
    )


def _maybe_stop_flow(run: Run, error: NeedsPerson) -> None:
    if error.reason == Reason.RESTORED or isinstance(error, MalformedDocument):
        # Neither is caused by the store's settings; a document that does not load is read again automatically.
        return
    run.runtime.ledger.stores.stop_flow_if_alike(
        run.store.name,
        run.job.flow,
        error.reason,
        joined([str(error).rstrip("."), error.resolution], ". "),
        ALIKE_TO_STOP,
    )


def _settle(run: Run, end: Settlement) -> None:
    seconds = time.monotonic() - run.started
    settled = run.runtime.ledger.jobs.settle(
        run.job, run.runtime.holder, end, steps=run.steps, seconds=seconds, requests=run.requests
    )
    if not (end.prepaid_epages or end.prepaid_afosto):
        run.give_back()
    state = settled.state if settled else "lease lost"
    note(order=run.job.order_key, flow=run.job.flow, state=state, outcome=end.outcome, requests=run.requests)
    _measure(run, end.outcome if settled else "lease lost", seconds)
    log.info(
        "job settled",
        flow=flow_name(run.job.direction, run.job.flow),
        state=state,
        outcome=end.outcome,
        detail=end.message,
        seconds=round(seconds, 3),
        requests=run.requests,
    )
    if settled and settled.next_flow:
        _send_next(run, settled.next_flow, settled.next_wanted)


def _measure(run: Run, outcome: str, seconds: float) -> None:
    note_job_run(flow_name(run.job.direction, run.job.flow), outcome, seconds)
    if outcome == "lease lost":
        note_lost_leases("worker")


def _send_next(run: Run, flow: str, version: int | None) -> None:
    """Send the next job at once, to save seconds: it is due in the ledger, and dispatch sends it if this fails."""
    task = "orders.look" if flow == "looks" else f"{flow}.export"
    message: dict[str, object] = {"store": run.store.name, "order": run.order_id, "version": version}
    try:
        run.runtime.send(task, message, "exports")
    except BrokerRefused as error:
        log.warning("the broker does not answer; dispatch will send what is due", why=str(error))


def _heal(run: Run) -> None:
    used = {"epages": run.epages_gate.budget.spent, "afosto": run.afosto_gate.budget.spent}
    healed = [vendor for vendor in run.context.unhealthy if used.get(vendor)]
    if healed:
        run.runtime.ledger.stores.heal(run.store.name, healed)
