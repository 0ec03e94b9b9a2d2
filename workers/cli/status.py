"""`connector status`: how fresh every store is, what is parked and why, who works, what waits."""

from typing import Any

import click

from ledger.ledger import Ledger
from ledger.status import Status
from schemas.errors import RetryLater
from schemas.flows import flow_name
from schemas.settings import Settings
from workers.cli.broker import queue_lengths, refusals
from workers.cli.frame import open_ledger, print_json, print_table, settings, span
from workers.cli.screen import say
from workers.cli.store_advice import advice, not_permitted
from workers.consumed import is_silent, slots_of_queues
from workers.running_settings import differences, running

SEE_MESSAGES = "see: connector messages list"
SOUND = frozenset({"fresh", "new", "paused"})  # states of a store that nobody need look after


@click.command(short_help="Show stores, parked jobs, workers and queues.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def status(as_json: bool) -> None:
    """Show stores, parked jobs, workers and queues; exit code 1 when something of it needs somebody.

    That is a store that is stale, ill or stopped, a parked job, a queue that no living worker consumes, a worker
    without a sign of life, and a database, broker or Redis that takes no writes. A store is stale when its news were
    last read longer ago than twice the CONNECTOR_POLL_INTERVAL of the workers.
    """
    chosen = settings()
    queues, silent = _servers(chosen)
    with open_ledger(chosen) as ledger:
        reader = Status(ledger.database)
        workers = [{**row, "alive": not is_silent(row)} for row in reader.workers()]
        living = [row for row in workers if row["alive"]]
        interval = running(chosen, living).poll_interval
        silent += _database_refusal(ledger)
        found: dict[str, Any] = {
            "interval": interval,
            "stores": [{**row, "state": state_of(row, interval)} for row in reader.stores()],
            "parked": ledger.jobs.parked_reasons(),
            "jobs": ledger.jobs.counts(),
            "workers": workers,
            "settings": [difference.text for difference in differences(living, chosen.shared())],
            "queues": queues,
            "unconsumed": [queue for queue, slots in slots_of_queues(ledger.front).items() if not slots],
            "silent": silent,
            "set_aside": ledger.set_aside.counts(),
        }
    if as_json:
        print_json(found)
    else:
        _print(found)
    if (
        any(found[part] for part in ("parked", "unconsumed", "silent"))
        or len(living) < len(workers)
        or not SOUND.issuperset(row["state"] for row in found["stores"])
    ):
        raise SystemExit(1)


def state_of(row: dict[str, Any], interval: float) -> str:
    """Return in a word how a store does: paused, ill, stopped, stale, new or fresh."""
    if row["paused_at"]:
        return "paused"
    if row["health"]:
        return "ill"
    if row["stopped"]:
        return "stopped"
    if row["unpolled_for"] > 2 * interval:
        return "stale"
    return "new" if row["freshness"] is None else "fresh"


def _servers(chosen: Settings) -> tuple[dict[str, int] | None, list[str]]:
    """Return queue → waiting messages (None without the broker), and what each server says that takes no writes."""
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


def _print(found: dict[str, Any]) -> None:
    _print_stores(found["stores"], found["interval"])
    say()
    say("Parked jobs")
    columns = {"jobs": "JOBS", "store": "STORE", "name": "FLOW", "reason": "REASON", "resolution": "WHAT TO DO"}
    print_table(found["parked"], columns, "none")
    say()
    say("Workers")
    workers = [{**row, "queues": ",".join(row["queues"]), "seen": span(row["seen_before"])} for row in found["workers"]]
    worker_columns = {"id": "WORKER", "queues": "QUEUES", "slots": "SLOTS", "alive": "ALIVE", "seen": "SEEN BEFORE"}
    print_table(workers, worker_columns, "none has reported; start them as the Procfile says")
    for difference in found["settings"]:
        say(f"  {difference}")
    say()
    say("Queues")
    if found["queues"] is not None:
        queues = [{"queue": queue, "messages": count} for queue, count in found["queues"].items()]
        print_table(queues, {"queue": "QUEUE", "messages": "MESSAGES"}, "none")
    for sentence in found["silent"]:
        say(f"{sentence}. Jobs wait in the database meanwhile.")
    if found["unconsumed"]:
        say(f"No worker consumes {', '.join(found['unconsumed'])}; start one as the Procfile says.")
    if found["set_aside"]:
        where = ", ".join(f"{row['messages']} from {row['queue']}" for row in found["set_aside"])
        say(f"Messages set aside: {where}; {SEE_MESSAGES}")


def _print_stores(stores: list[dict[str, Any]], interval: float) -> None:
    say(f"Stores (polled every {span(interval)})")
    shown = [
        {**row, "fresh": span(row["freshness"]), "history": f"{row['history_percent']} %", "orders": row["seen"]}
        for row in stores
    ]
    columns = {"name": "STORE", "state": "STATE", "fresh": "LAST POLL", "history": "HISTORY", "orders": "SEEN"}
    print_table(
        shown, {**columns, "opened": "IN AFOSTO"}, "none is connected; connect one with: connector store add NAME"
    )
    for row in stores:
        for ill in row["health"]:
            say(f"  {row['name']}: {ill['vendor']} since {ill['since'][:19]}: {ill['message']} ({ill['reason']})")
            say(f"    what to do: {advice(row['name'], ill['reason'])}")
        for flow in row["stopped"]:
            name = flow_name(flow["direction"], flow["flow"])
            say(f"  {row['name']}: the flow {name} stopped itself for {flow['reason']}: {flow['message']}")
            say(f"    look at the jobs, then: connector store resume {row['name']} --flow {name}")
        for name, boxes in not_permitted(row):
            say(f"  {row['name']}: the flow {name} is off: the app lacks {boxes}")
            say(f"    to have it, tick it in the cockpit, then: connector store switch {row['name']} {name} on")
