"""Whether one process does its work: for the probes of whatever runs containers, and for whoever watches one host.

A worker and beat report to the ledger what they do, so one that lives and does nothing is seen. What listens is asked
over HTTP. There are two questions. *Does it work?* If not, a restart would help. So a server that is away is no reason
to say no: otherwise all processes would be restarted at once, in the middle of an outage. *Is it ready?* A server that
is away is a reason to say no, for example while a new version is rolled out.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from typing import NamedTuple

import psycopg
import requests

from ledger.jobs.beats import Beats
from ledger.postgres.database import Database, Row
from ledger.postgres.migrate import pending
from ledger.postgres.usable import check_database
from ledger.status import Status
from schemas.errors import ConnectorError
from schemas.settings import Settings
from schemas.wording.spans import span
from tasks.broker.consumers import is_deaf, is_silent
from tasks.broker.messages import refusals

_ANSWER_SECONDS = 5.0
# Seconds after which the ledger counts as away. Whoever asks gives a probe 20 s; no answer in time would look like a
# process that does nothing, so that a server that hangs would end every process.
_LEDGER_SECONDS = 14.0
# Ticks that beat may miss, but never less than this many seconds: it reports every 5 s.
_TICKS, _LEAST_SECONDS = 10, 30.0
_MIGRATE = "migrations are missing; run: connector migrate"


@dataclass(frozen=True, slots=True)
class Health:
    """Whether a process works, and one sentence about it."""

    ok: bool
    text: str


class Listener(NamedTuple):
    """What listens: its default port, the path that shows that it works, and the one that shows that it is ready."""

    port: int
    alive: str
    ready: str


LISTENERS: Mapping[str, Listener] = {
    "gateway": Listener(8000, "/healthz", "/readyz"),
    "console": Listener(8080, "/healthz", "/readyz"),
    "flower": Listener(5555, "/healthcheck", "/healthcheck"),
    "exporter": Listener(9470, "/metrics", "/metrics"),
}


def listener_health(name: str, port: int, *, ready: bool) -> Health:
    """Ask what listens on a port of this host."""
    asked = LISTENERS[name]
    url = f"http://127.0.0.1:{port}{asked.ready if ready else asked.alive}"
    try:
        with requests.get(url, timeout=_ANSWER_SECONDS, stream=True, allow_redirects=False) as answer:
            return Health(answer.ok, f"{url} answered {answer.status_code}")
    except requests.Timeout:
        return Health(False, f"{url} does not answer within {_ANSWER_SECONDS:g} s")
    except requests.RequestException:
        return Health(False, f"nothing answers at {url}")


def worker_health(chosen: Settings, host: str, *, ready: bool) -> Health:
    """Judge all workers that run on a host by what they report."""

    def judge(database: Database) -> Health:
        rows = [row for row in Status(database).workers() if row["host"] == host]
        if not rows:
            return Health(False, f"no worker of {host} has reported yet")
        wrong = next((why for row in rows for why in _wrong(row)), None)
        if wrong:
            return Health(False, wrong)
        return Health(True, f"{', '.join(row['id'] for row in rows)}: listening to the broker")

    return _judged(chosen, judge, ready=ready)


def beat_health(chosen: Settings, host: str, *, ready: bool) -> Health:
    """Judge beat on a host by the time at which the broker last took a message from it."""

    def judge(database: Database) -> Health:
        found = Beats(database).of_host(host)
        if not found:
            return Health(False, f"no beat of {host} has sent anything yet")
        name, age = min(found.items(), key=lambda item: item[1])
        most = max(_TICKS * chosen.dispatch_interval, _LEAST_SECONDS)
        return Health(age <= most, f"{name}: the broker took its last message {span(age)} ago")

    return _judged(chosen, judge, ready=ready)


def _wrong(row: Row) -> Iterator[str]:
    if is_silent(row):
        yield f"{row['id']}: no sign of life for {span(row['seen_before'])}"
    if row["stuck"]:
        yield f"{row['id']}: its {' and '.join(row['stuck'])} no longer come round; its log says why"
    if is_deaf(row):
        yield f"{row['id']}: it took nothing from the broker for {span(row['listened_before'])}"


def _judged(chosen: Settings, judge: Callable[[Database], Health], *, ready: bool) -> Health:
    """Ask the ledger. Where it is away, hangs or refuses, or the broker does, a restart would not help."""
    answers: SimpleQueue[Health | BaseException] = SimpleQueue()

    def ask() -> None:
        try:
            answers.put(_asked(chosen, judge, ready=ready))
        except BaseException as error:  # noqa: BLE001 - raised below
            answers.put(error)

    # A pooler takes a query and keeps it for minutes while its server hangs. This thread then ends with the process.
    threading.Thread(target=ask, name="health", daemon=True).start()
    try:
        found = answers.get(timeout=_LEDGER_SECONDS)
    except Empty:
        return _outage(f"the database has not answered for {_LEDGER_SECONDS:g} s", ready=ready)
    if isinstance(found, BaseException):
        raise found
    return found


def _asked(chosen: Settings, judge: Callable[[Database], Health], *, ready: bool) -> Health:
    try:
        check_database(chosen.database_url)
        with closing(Database(chosen.database_url, size=1, pooled=chosen.pooled)) as database:
            found = judge(database)
            if found.ok:
                return _outage(_MIGRATE, ready=ready) if ready and pending(database) else found
            database.check_writes()
    except (ConnectorError, psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
        return _outage(str(error) if isinstance(error, ConnectorError) else _MIGRATE, ready=ready)
    refused = refusals(chosen).get("broker")
    return _outage(refused, ready=ready) if refused else found


def _outage(why: str, *, ready: bool) -> Health:
    return Health(not ready, f"a restart would not help: {why}")
