"""`connector status`: how fresh each store is, which jobs are parked and why, which workers run, what is due."""

import math
from collections import Counter
from collections.abc import Sequence
from typing import Any

import click

from cli.common import open_ledger, print_json, print_table, settings
from cli.operations.lag import COLUMNS, cells, for_scripts, print_queues
from cli.screen import say
from cli.stores.advice import not_set_up, problems
from ledger.ledger import Ledger
from ledger.postgres.database import Row
from ledger.status import Status
from ledger.stores.condition import StoreState
from ledger.stores.freshness import KEPT_DAYS, Share
from schemas.errors import RetryLater
from schemas.settings import Settings
from schemas.wording.lists import named
from schemas.wording.spans import span
from tasks.broker.consumers import is_silent, slots_of_queues
from tasks.broker.messages import queue_lengths, refusals
from tasks.checks.all_checks import SEE_MESSAGES
from tasks.checks.lag import by_queue
from tasks.checks.running_settings import differences, running

STATES = tuple(state.value for state in StoreState)
MOST_STORES = 20  # rows of the table of stores: a longer one hides the rest of the output
MOST_BUSY = 5  # healthy stores shown when there are more stores than that
_NONE_CONNECTED = "none is connected; connect one with: connector store add NAME"


@click.command(short_help="Show stores, parked jobs, workers and queues.")
@click.option("--store", "names", multiple=True, help="Only this store; can be repeated.")
@click.option("--state", "states", multiple=True, type=click.Choice(STATES), help="Only stores in this state.")
@click.option("--all", "all_stores", is_flag=True, help=f"List every store, not only the worst {MOST_STORES}.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def status(names: Sequence[str], states: Sequence[str], all_stores: bool, as_json: bool) -> None:
    """Show stores, parked jobs, workers and queues; exit code 1 when something needs attention.

    That is a store that is stale, unhealthy, stopped or behind, a parked job, a queue that no living worker consumes, a
    worker without a sign of life, and a database, broker or Redis that takes no writes. A store is stale when its news
    were last read longer ago than twice the CONNECTOR_POLL_INTERVAL of the workers, and behind when something that is
    no past order is due for more than ten minutes.

    The worst stores come first. --store and --state choose the stores, and the parked jobs of these.
    """
    chosen = settings()
    queues, silent = _servers(chosen)
    with open_ledger(chosen) as ledger:
        reader = Status(ledger.database)
        for name in names:
            ledger.stores.facts(name)
        workers = [{**row, "alive": not is_silent(row)} for row in reader.workers()]
        living = [row for row in workers if row["alive"]]
        now = running(chosen, living)
        silent += _database_refusal(ledger)
        lags = reader.lag()
        stores = _chosen(reader.stores_in_state(now.poll_interval, lags), names, states)
        shares = ledger.freshness.shares(now.freshness_promise, [row["name"] for row in stores])
        found: dict[str, Any] = {
            "interval": now.poll_interval,
            "met": sum(shares.values(), Share()).met,
            "stores": [{**row, "met": shares[row["name"]].met} for row in stores],
            "lag": by_queue(lags),
            "parked": _of_stores(ledger.jobs.parked_reasons(), stores),
            "jobs": _of_stores(ledger.jobs.counts(), stores),
            "workers": workers,
            "settings": [difference.text for difference in differences(living, chosen.shared())],
            "queues": queues,
            "unconsumed": [queue for queue, slots in slots_of_queues(ledger.dispatch_window).items() if not slots],
            "silent": silent,
            "set_aside": ledger.set_aside.counts(),
        }
    if as_json:
        print_json(
            {
                **found,
                "stores": [{**row, "lag": for_scripts(row["lag"])} for row in found["stores"]],
                "lag": {queue: for_scripts(lag) for queue, lag in found["lag"].items()},
            }
        )
    else:
        _print(found, len(stores) if all_stores else MOST_STORES, states)
    if (
        any(found[part] for part in ("parked", "unconsumed", "silent"))
        or len(living) < len(workers)
        or not all(row["state"].is_sound for row in stores)
    ):
        raise SystemExit(1)


def _chosen(stores: list[Row], names: Sequence[str], states: Sequence[str]) -> list[Row]:
    """Return the stores of these names in these states; an empty choice means all."""
    named_ones = [row for row in stores if not names or row["name"] in names]
    return [row for row in named_ones if not states or row["state"] in states]


def _of_stores(rows: Sequence[Row], stores: Sequence[Row]) -> list[Row]:
    names = {row["name"] for row in stores}
    return [row for row in rows if row["store"] in names]


def _servers(chosen: Settings) -> tuple[dict[str, int] | None, list[str]]:
    """Return queue → waiting messages (None without the broker), and a sentence per server that takes no writes."""
    try:
        return queue_lengths(chosen), list(refusals(chosen).values())
    except RetryLater as error:
        return None, list(refusals(chosen).values()) or [str(error)]


def _database_refusal(ledger: Ledger) -> list[str]:
    try:
        ledger.database.check_writes()
    except RetryLater as error:
        return [f"{str(error)[:1].upper()}{str(error)[1:]}"]
    return []


def _print(found: dict[str, Any], most: int, states: Sequence[str]) -> None:
    _print_stores(found, most, states)
    say()
    say("Parked jobs")
    columns = {"jobs": "JOBS", "store": "STORE", "name": "FLOW", "reason": "REASON", "resolution": "WHAT TO DO"}
    print_table(_by_kind(found["parked"]), columns, "none")
    say()
    say("Workers")
    workers = [{**row, "queues": ",".join(row["queues"]), "seen": span(row["seen_before"])} for row in found["workers"]]
    worker_columns = {"id": "WORKER", "queues": "QUEUES", "slots": "SLOTS", "alive": "ALIVE", "seen": "LAST SEEN"}
    print_table(workers, worker_columns, "none has reported; start them as the Procfile says")
    for difference in found["settings"]:
        say(f"  {difference}")
    say()
    say("Queues")
    print_queues(found["queues"], found["lag"])
    for sentence in found["silent"]:
        say(f"{sentence}. Jobs wait in the database meanwhile.")
    if found["unconsumed"]:
        say(f"No worker consumes {', '.join(found['unconsumed'])}; start one as the Procfile says.")
    if found["set_aside"]:
        where = ", ".join(f"{row['messages']} from {row['queue']}" for row in found["set_aside"])
        say(f"Messages set aside: {where}; {SEE_MESSAGES}")


def _by_kind(parked: Sequence[Row]) -> list[Row]:
    """Group parked jobs of all stores by flow and reason; for documents that do not load, also by field."""
    kinds: dict[tuple[str, ...], list[Row]] = {}
    for row in parked:
        field = row["resolution"] if row["reason"] == "malformed-document" else ""
        kinds.setdefault((row["name"], row["reason"], field), []).append(row)
    return [
        {**rows[0], "jobs": sum(row["jobs"] for row in rows), "store": named([row["store"] for row in rows], "store")}
        for rows in kinds.values()
    ]


def _print_stores(found: dict[str, Any], most: int, states: Sequence[str]) -> None:
    stores = found["stores"]
    say(f"Stores (polled every {span(found['interval'])})")
    shown = stores if len(stores) <= most else _noteworthy(stores)[:most]
    if len(stores) > MOST_STORES:
        counts = Counter(row["state"] for row in stores)
        say(f"{len(stores)} stores: {', '.join(f'{count} {state}' for state, count in counts.most_common())}")
    if shown or not stores:
        none = f"none is {' or '.join(states)}" if states else _NONE_CONNECTED
        _print_table_of_stores(shown, none)
    if len(shown) < len(stores):
        say("All of them: connector status --all")
    if found["met"] is not None:
        say(f"Five-minute windows of the last {KEPT_DAYS} days in which their news was fresh: {_percent(found['met'])}")
    for kind in (*problems(stores), *not_set_up(stores)):
        say(f"  {kind.text}")
        say(f"    {kind.advice}")


def _percent(share: float | None) -> str:
    """Write a share with two digits; never rounded up to all."""
    return "" if share is None else f"{math.floor(share * 10_000) / 100:.2f} %"


def _noteworthy(stores: list[Row]) -> list[Row]:
    """Return the stores that need attention, the worst first, and the few others with the most due jobs."""
    busy = sorted((row for row in stores if row["state"].is_sound), key=lambda row: -row["lag"].due)[:MOST_BUSY]
    return [row for row in stores if not row["state"].is_sound] + [row for row in busy if row["lag"].due]


def _print_table_of_stores(stores: list[Row], none: str) -> None:
    shown = [
        {**row, "fresh": span(row["freshness"]), "history": f"{row['history_percent']} %", "orders": row["seen"]}
        | {"met": _percent(row["met"])}
        | cells(row["lag"])
        for row in stores
    ]
    columns = {"name": "STORE", "state": "STATE", "fresh": "LAST POLL", "history": "HISTORY", "orders": "ORDERS READ"}
    print_table(shown, {**columns, "opened": "IN AFOSTO", "met": "FRESH", **COLUMNS}, none)
