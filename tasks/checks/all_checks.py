"""Is everything in place, and if not, what is missing: for `connector doctor` and the console."""

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing

from ledger.jobs.lag import LAG_ALARM, FlowLag
from ledger.ledger import Ledger
from ledger.postgres.database import Database, Row
from ledger.postgres.encryption import KeySet
from ledger.postgres.migrate import pending
from ledger.postgres.usable import check_database
from ledger.status import Status
from ledger.stores.condition import is_behind
from schemas.errors import ConnectorError, RetryLater
from schemas.settings import Settings
from schemas.wording.lists import counted, named
from schemas.wording.spans import span
from tasks.broker.consumers import is_silent
from tasks.broker.messages import queue_lengths, refusals
from tasks.broker.queues import QUEUE_NAMES
from tasks.checks.check import Check
from tasks.checks.lag import by_queue, in_words
from tasks.checks.running_settings import running
from tasks.checks.workers import check_workers

SEE_MESSAGES = "see: connector messages list"
DISPATCH_ALARM = 10  # beats without a dispatch


def all_checks(chosen: Settings) -> list[Check]:
    """Check servers, secrets, workers, dispatch, stores and parked jobs. Takes some seconds with thousands of stores.

    A server that does not answer is a check that fails; the checks that need it are left out.
    """
    refused = refusals(chosen)
    return [*_database(chosen, refused), *_broker(chosen, refused), _redis(refused)]


def _database(chosen: Settings, refused: Mapping[str, str]) -> Iterator[Check]:
    try:
        check_database(chosen.database_url)
        missing = _pending(chosen)
    except ConnectorError as error:
        yield Check("database", False, str(error))
        return
    if missing:
        yield Check("database", False, f"{counted(len(missing), 'migration')} missing; run: connector migrate")
        return
    database = Database(chosen.database_url, size=2, pooled=chosen.pooled)
    with closing(Ledger(database, KeySet(chosen.keys))) as ledger:
        writes = _writes(ledger.database)
        yield writes
        yield _secrets(ledger)
        status = Status(ledger.database)
        workers = status.workers()
        yield from check_workers(workers, chosen.shared())
        chosen = running(chosen, [row for row in workers if not is_silent(row)])
        yield _dispatch(status, chosen, outage=bool(refused) or not writes.ok)
        lags = status.lag()
        stores = status.stores_in_state(chosen.poll_interval, lags)
        yield from _stores(stores)
        yield from _lateness(stores, chosen)
        yield _lag(lags)
        yield _parked(ledger)
        yield _set_aside(ledger)


def _writes(database: Database) -> Check:
    try:
        database.check_writes()
    except RetryLater as error:
        advice = "look at that server; all work waits meanwhile and goes on by itself"
        return Check("database", False, f"{error}; {advice}")
    return Check("database", True, "migrated, and takes writes")


def _pending(chosen: Settings) -> list[str]:
    database = Database(chosen.database_url, size=1, pooled=chosen.pooled)
    try:
        return pending(database)
    finally:
        database.close()


def _secrets(ledger: Ledger) -> Check:
    lost = ledger.stores.unreadable()
    if lost:
        advice = f"put the key back, or enter them again: connector store credentials {lost[0]}"
        return Check("secrets", False, f"those of {named(lost, 'store')} fit none of CONNECTOR_KEYS; {advice}")
    try:
        for endpoint in ledger.webhooks.endpoints():
            ledger.webhooks.find(endpoint["id"])
    except ConnectorError as error:
        return Check("secrets", False, str(error))
    stores = counted(len(ledger.stores.names()), "store")
    return Check("secrets", True, f"those of {stores} can be read with CONNECTOR_KEYS")


def _dispatch(status: Status, chosen: Settings, *, outage: bool) -> Check:
    age = status.dispatch_age()
    if age is None:
        return Check("dispatch", False, "it never ran; start beat and the dispatch worker")
    if age <= DISPATCH_ALARM * chosen.dispatch_interval:
        return Check("dispatch", True, f"ran {span(age)} ago")
    advice = "it waits for the server that refuses" if outage else "look at beat and the dispatch worker"
    return Check("dispatch", False, f"ran {span(age)} ago; {advice}")


def _stores(stores: list[Row]) -> Iterator[Check]:
    kinds: dict[tuple[str, ...], list[Row]] = {}
    for row in stores:
        if not row["state"].is_sound:
            kinds.setdefault((row["state"], *(problem["reason"] for problem in row["health"])), []).append(row)
    for (state, *_), rows in kinds.items():
        yield Check(_name("store", rows), False, f"{state}: {_why(rows[0], state)}")
    if not kinds:
        yield Check(
            "stores", True, f"{counted(len(stores), 'store')} {'is' if len(stores) == 1 else 'are'} read in time"
        )


def _why(row: Row, state: str) -> str:
    if state == "unhealthy":
        return "; ".join(f"{problem['message']} ({problem['reason']})" for problem in row["health"])
    if state == "behind":
        return in_words(row["lag"])
    if state == "stopped":
        return "a flow was stopped automatically; see: connector status"
    return (
        f"last read {span(row['unpolled_for'])} ago; is dispatch running, does anyone consume the queue poll? "
        "If both are so, the shop is slow or allows few calls"
    )


def _lag(lags: Sequence[FlowLag]) -> Check:
    """Check that no news waits too long; past orders may take hours."""
    queues = {queue: lag for queue, lag in by_queue(lags).items() if lag.due}
    said = "; ".join(f"{queue}: {in_words(lag)}" for queue, lag in queues.items())
    late = [queue for queue, lag in queues.items() if is_behind(lag)]
    if not late:
        return Check("lag", True, said or "nothing is due")
    advice = f"add slots to {' and '.join(late)}, unless a store's own calls are used up; see: connector status"
    return Check("lag", False, f"{said}; news waits for more than {span(LAG_ALARM)}; {advice}")


def _parked(ledger: Ledger) -> Check:
    counts: dict[str, int] = {}
    for row in ledger.jobs.parked_reasons():
        counts[row["reason"]] = counts.get(row["reason"], 0) + row["jobs"]
    total = sum(counts.values())
    if not total:
        return Check("jobs", True, "nothing is parked")
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.items())
    said = f"{counted(total, 'job')} {'is' if total == 1 else 'are'} parked ({reasons})"
    return Check("jobs", False, f"{said}; see: connector status")


def _set_aside(ledger: Ledger) -> Check:
    """The sender of such a message is at fault; the connector is in order."""
    counts = ledger.set_aside.counts()
    if not counts:
        return Check("messages", True, "none was set aside")
    where = ", ".join(f"{row['messages']} from {row['queue']}" for row in counts)
    return Check("messages", True, f"set aside, because no worker can do what they ask: {where}; {SEE_MESSAGES}")


def _lateness(stores: list[Row], chosen: Settings) -> Iterator[Check]:
    alarm = chosen.poll_overlap / 2
    late = [row for row in stores if row["lateness"] > alarm]
    if late:
        most = max(row["lateness"] for row in late)
        seen = f"orders became visible {span(most)} after their own time stamp"
        advice = f"raise CONNECTOR_POLL_OVERLAP above {span(2 * most)}"
        yield Check(_name("lateness", late), False, f"{seen}, more than half of the overlap; {advice}")


def _name(what: str, stores: Sequence[Row]) -> str:
    """Name a check that has the same result for one or more stores; it is printed once."""
    return f"{what} {named([row['name'] for row in stores], 'store')}"


def _redis(refused: Mapping[str, str]) -> Check:
    # Where it is the broker as well, it is asked once.
    said = refused.get("redis") or refused.get("broker")
    return Check("redis", False, said) if said else Check("redis", True, "takes writes, for limiter and breaker")


def _broker(chosen: Settings, refused: Mapping[str, str]) -> Iterator[Check]:
    try:
        lengths = queue_lengths(chosen)
    except ConnectorError as error:
        yield Check("broker", False, str(error))
        return
    if said := refused.get("broker"):
        yield Check("broker", False, said)
        return
    yield Check("broker", True, f"takes writes, {counted(sum(lengths.values()), 'message')} waiting")
    for queue in sorted(set(lengths) - set(QUEUE_NAMES)):
        count = counted(lengths[queue], "message")
        text = (
            f"{count} that nobody consumes; correct the name where they are sent, then move them: "
            f"connector queues move {shlex.quote(queue)} TO, or delete them: connector queues drop {shlex.quote(queue)}"
        )
        yield Check(f"broker queue {queue!r}", False, text)
