"""Is everything in place, and if not, what is missing: for `connector doctor` and the console."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, nullcontext

from ledger.jobs.lag import LAG_ALARM, FlowLag
from ledger.ledger import Ledger
from ledger.postgres.database import Database, Row
from ledger.postgres.encryption import KeySet
from ledger.postgres.migrate import pending
from ledger.postgres.usable import check_database
from ledger.status import Status
from ledger.stores.condition import StoreState, is_behind
from schemas.errors import ConnectorError, RetryLater
from schemas.settings import Settings
from schemas.wording.lists import counted, named
from schemas.wording.phrases import joined, phrase
from schemas.wording.spans import span
from tasks.broker.consumers import is_silent
from tasks.broker.messages import queue_lengths, refusals
from tasks.broker.queues import QUEUE_NAMES
from tasks.checks.check import Check
from tasks.checks.events import check_events
from tasks.checks.lag import by_queue, in_words
from tasks.checks.running_settings import running
from tasks.checks.workers import check_workers

SEE_MESSAGES = phrase("see: connector messages list")
_DATABASE = phrase("database")
_SECRETS = phrase("secrets")
_DISPATCH = phrase("dispatch")
_STORES = phrase("stores")
_LAG = phrase("lag")
_JOBS = phrase("jobs")
_MESSAGES = phrase("messages")
_STATES = {
    StoreState.UNHEALTHY: phrase("unhealthy"),
    StoreState.STOPPED: phrase("stopped"),
    StoreState.STALE: phrase("stale"),
    StoreState.BEHIND: phrase("behind"),
}
DISPATCH_ALARM = 10  # beats without a dispatch


def all_checks(chosen: Settings, ledger: Ledger | None = None) -> list[Check]:
    """Check servers, secrets, workers, dispatch, stores and parked jobs.

    A server that does not answer is a check that fails; the checks that need it are left out. With the `ledger` of a
    process that checks again and again, a secret that has not changed since the last time is not checked again.
    """
    refused = refusals(chosen)
    opened = ledger or Ledger(Database(chosen.database_url, size=2, pooled=chosen.pooled), KeySet(chosen.keys))
    with nullcontext(opened) if ledger else closing(opened):
        return [*_database(chosen, opened, refused), *_broker(chosen, refused), _redis(refused)]


def _database(chosen: Settings, ledger: Ledger, refused: Mapping[str, str]) -> Iterator[Check]:
    try:
        check_database(chosen.database_url)
        missing = pending(ledger.database)
    except ConnectorError as error:
        yield Check(_DATABASE, False, str(error))
        return
    if missing:
        count = counted(len(missing), "migration")
        yield Check(_DATABASE, False, phrase("%(count)s missing; run: connector migrate", count=count))
        return
    writes = _writes(ledger.database)
    yield writes
    connected = ledger.stores.count()
    yield _secrets(ledger, connected)
    status = Status(ledger.database)
    workers = status.workers()
    yield from check_workers(workers, chosen.shared())
    chosen = running(chosen, [row for row in workers if not is_silent(row)])
    yield _dispatch(status, chosen, outage=bool(refused) or not writes.ok)
    lags = status.lag()
    latest = chosen.poll_overlap / 2
    stores = status.conditions(chosen.poll_interval, lags, latest)
    yield from _stores(stores, connected)
    yield from _lateness(stores, latest)
    yield from check_events(ledger.scans.unheard())
    yield _lag(lags)
    yield _parked(ledger)
    yield _set_aside(ledger)


def _writes(database: Database) -> Check:
    try:
        database.check_writes()
    except RetryLater as error:
        advice = phrase("look at that server; all work waits meanwhile and goes on by itself")
        return Check(_DATABASE, False, joined([error, advice]))
    return Check(_DATABASE, True, phrase("migrated, and takes writes"))


def _secrets(ledger: Ledger, count: int) -> Check:
    lost = ledger.stores.unreadable()
    if lost:
        text = phrase(
            "those of %(stores)s fit none of CONNECTOR_KEYS; put the key back, or enter them again: "
            "connector store credentials %(store)s",
            stores=named(lost, "store"),
            store=lost[0],
        )
        return Check(_SECRETS, False, text)
    try:
        ledger.webhooks.check_secrets()
    except ConnectorError as error:
        return Check(_SECRETS, False, str(error))
    stores = counted(count, "store")
    return Check(_SECRETS, True, phrase("those of %(stores)s can be read with CONNECTOR_KEYS", stores=stores))


def _dispatch(status: Status, chosen: Settings, *, outage: bool) -> Check:
    age = status.dispatch_age()
    if age is None:
        return Check(_DISPATCH, False, phrase("it never ran; start beat and the dispatch worker"))
    ran = phrase("ran %(age)s ago", age=span(age))
    if age <= DISPATCH_ALARM * chosen.dispatch_interval:
        return Check(_DISPATCH, True, ran)
    waits = phrase("it waits for the server that refuses")
    return Check(_DISPATCH, False, joined([ran, waits if outage else phrase("look at beat and the dispatch worker")]))


def _stores(stores: list[Row], count: int) -> Iterator[Check]:
    """Check the stores that are not sound, of `count` in all."""
    kinds: dict[tuple[StoreState, ...], list[Row]] = {}
    for row in stores:
        if not row["state"].is_sound:
            kinds.setdefault((row["state"], *(problem["reason"] for problem in row["health"])), []).append(row)
    for (state, *_), rows in kinds.items():
        who = phrase("store %(stores)s", stores=_names(rows))
        yield Check(who, False, joined([_STATES[state], _why(rows[0], state)], ": "))
    if count == 1 and not kinds:
        yield Check(_STORES, True, phrase("1 store is read in time"))
    elif not kinds:
        yield Check(_STORES, True, phrase("%(stores)s are read in time", stores=counted(count, "store")))


def _why(row: Row, state: str) -> str:
    if state == StoreState.UNHEALTHY:
        return "; ".join(f"{problem['message']} ({problem['reason']})" for problem in row["health"])
    if state == StoreState.BEHIND:
        return in_words(row["lag"])
    if state == StoreState.STOPPED:
        return phrase("a flow was stopped automatically; see: connector status")
    return phrase(
        "last read %(age)s ago; is dispatch running, does anyone consume the queue poll? "
        "If both are so, the shop is slow or allows few calls",
        age=span(row["unpolled_for"]),
    )


def _lag(lags: Sequence[FlowLag]) -> Check:
    """Check that no news waits too long; past orders may take hours."""
    queues = {queue: lag for queue, lag in by_queue(lags).items() if lag.due}
    said = joined(joined([queue, in_words(lag)], ": ") for queue, lag in queues.items())
    late = [queue for queue, lag in queues.items() if is_behind(lag)]
    if not late:
        return Check(_LAG, True, said or phrase("nothing is due"))
    advice = phrase(
        "news waits for more than %(time)s; add slots to %(queues)s, unless a store's own calls are used up; "
        "see: connector status",
        time=span(LAG_ALARM),
        queues=joined(late, " and "),
    )
    return Check(_LAG, False, joined([said, advice]))


def _parked(ledger: Ledger) -> Check:
    counts: dict[str, int] = {}
    for row in ledger.jobs.parked_reasons():
        counts[row["reason"]] = counts.get(row["reason"], 0) + row["jobs"]
    total = sum(counts.values())
    if not total:
        return Check(_JOBS, True, phrase("nothing is parked"))
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.items())
    if total == 1:
        return Check(_JOBS, False, phrase("1 job is parked (%(reasons)s); see: connector status", reasons=reasons))
    jobs = counted(total, "job")
    said = phrase("%(jobs)s are parked (%(reasons)s); see: connector status", jobs=jobs, reasons=reasons)
    return Check(_JOBS, False, said)


def _set_aside(ledger: Ledger) -> Check:
    """The sender of such a message is at fault; the connector is in order."""
    counts = ledger.set_aside.counts()
    if not counts:
        return Check(_MESSAGES, True, phrase("none was set aside"))
    where = joined(
        (phrase("%(messages)s from %(queue)s", messages=row["messages"], queue=row["queue"]) for row in counts), ", "
    )
    said = phrase("set aside, because no worker can do what they ask: %(where)s", where=where)
    return Check(_MESSAGES, True, joined([said, SEE_MESSAGES]))


def _lateness(stores: list[Row], latest: float) -> Iterator[Check]:
    late = [row for row in stores if row["lateness"] > latest]
    if late:
        most = max(row["lateness"] for row in late)
        said = phrase(
            "orders became visible %(time)s after their own time stamp, more than half of the overlap; "
            "raise CONNECTOR_POLL_OVERLAP above %(overlap)s",
            time=span(most),
            overlap=span(2 * most),
        )
        yield Check(phrase("lateness %(stores)s", stores=_names(late)), False, said)


def _names(stores: Sequence[Row]) -> str:
    """Name the stores for which a check has the same result; it is printed once."""
    return named([row["name"] for row in stores], "store")


def _redis(refused: Mapping[str, str]) -> Check:
    # Where it is the broker as well, it is asked once.
    said = refused.get("redis") or refused.get("broker")
    return Check("redis", not said, said or phrase("takes writes, for limiter and breaker"))


def _broker(chosen: Settings, refused: Mapping[str, str]) -> Iterator[Check]:
    try:
        lengths = queue_lengths(chosen)
    except ConnectorError as error:
        yield Check("broker", False, str(error))
        return
    if said := refused.get("broker"):
        yield Check("broker", False, said)
        return
    waiting = counted(sum(lengths.values()), "message")
    yield Check("broker", True, phrase("takes writes, %(messages)s waiting", messages=waiting))
    for queue in sorted(set(lengths) - set(QUEUE_NAMES)):
        text = phrase(
            "%(messages)s that nobody consumes; correct the name where they are sent, then move them: "
            "connector queues move %(queue)s TO, or delete them: connector queues drop %(queue)s",
            messages=counted(lengths[queue], "message"),
            queue=shlex.quote(queue),
        )
        yield Check(phrase("broker queue '%(queue)s'", queue=queue), False, text)
