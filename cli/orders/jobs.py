"""`connector jobs`: show jobs, and retry or drop them."""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import click

from cli.common import FLOWS, open_ledger, print_json, print_table
from cli.orders.job_text import job_lines
from cli.screen import ask, say, say_lines
from cli.who import who
from ledger.jobs.jobs import JobFilter
from ledger.jobs.jobs_csv import decided, jobs_csv
from ledger.jobs.parked import ParkedGroup
from ledger.ledger import Ledger
from ledger.status import Status
from schemas.errors import NeedsPerson
from schemas.flows import LOOK, flow_name
from schemas.reasons import Reason
from schemas.states import JobState
from schemas.wording.lists import counted
from schemas.wording.phrases import phrase

Selection = dict[str, Any]  # ids, or a reason and perhaps a store

DROPPABLE = (JobState.PARKED, JobState.WAITING)
COLUMNS = {
    "id": "ID",
    "store": "STORE",
    "order_number": "ORDER",
    "flow": "FLOW",
    "state": "STATE",
    "reason": "REASON",
    "decided": "DECIDED",
    "message": "MESSAGE",
}
REASON_COLUMNS = {
    "jobs": "JOBS",
    "failed_again": "FAILED AGAIN",
    "stores": "STORE",
    "flow": "FLOW",
    "reason": "REASON",
    "oldest": "SINCE",
    "resolution": "WHAT TO DO",
}
STATES = tuple(state.value for state in JobState)


@click.group(short_help="List jobs; retry or drop parked ones.")
def jobs() -> None:
    """List jobs; retry or drop parked ones, one by one or by reason."""


@jobs.command("list")
@click.option("--store", help="Only this store.")
@click.option("--state", type=click.Choice(STATES), help="Only this state.")
@click.option("--flow", type=click.Choice([*FLOWS, LOOK]), help="Only this flow.")
@click.option("--reason", help="Only jobs with this reason.")
@click.option("--order", help="Only jobs of the order with this number or id of either side, or tracking code.")
@click.option("--text", help="Only jobs whose message or advice contains this text.")
@click.option(
    "--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="Maximum number of jobs to list."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV for a spreadsheet.")
def list_jobs(store: str | None, limit: int, as_json: bool, as_csv: bool, **wanted: str | None) -> None:
    """List jobs, newest first. A job that was retried by a person and is parked once more is marked."""
    if as_json and as_csv:
        raise click.UsageError("Give either --json or --csv.")
    with open_ledger() as ledger:
        _require_store(ledger, store)
        stores = None if store is None else {store}
        found = ledger.jobs.select(JobFilter(stores=stores, **wanted), limit=limit + 1)
    rows = found[:limit]
    if as_json:
        print_json(rows)
        return
    if as_csv:
        say_lines(jobs_csv(rows).rstrip("\n"))
    else:
        print_table([_listed(row) for row in rows], COLUMNS, "no such jobs")
    if len(found) > limit:
        say(f"There are more than these {limit}; see them with --limit.", err=as_csv)


def _listed(row: dict[str, Any]) -> dict[str, Any]:
    return {**row, "flow": flow_name(row["direction"], row["flow"]), "decided": decided(row)}


@jobs.command("reasons")
@click.option("--store", help="Only this store.")
@click.option("--by-store", is_flag=True, help="Each store apart.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def list_reasons(store: str | None, by_store: bool, as_json: bool) -> None:
    """List the reasons for which jobs are parked, with what to do; most jobs first."""
    with open_ledger() as ledger:
        _require_store(ledger, store)
        groups = ledger.parked.groups(None if store is None else {store}, by_store=by_store)
    rows = [asdict(group) for group in groups]
    if as_json:
        print_json(rows)
        return
    shown = [{**row, "stores": _stores(group)} for row, group in zip(rows, groups, strict=True)]
    print_table(shown, REASON_COLUMNS, "no job is parked")


def _stores(group: ParkedGroup) -> str:
    some = ", ".join(group.stores)
    return some if group.store_count <= len(group.stores) else f"{group.store_count} stores ({some}, …)"


@jobs.command("show")
@click.argument("job_id", metavar="ID", type=click.IntRange(1, 2**63 - 1))
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def show_job(job_id: int, as_json: bool) -> None:
    """Show a job in words, with every attempt."""
    with open_ledger() as ledger:
        row = ledger.jobs.find(job_id)
        if row is None:
            raise NeedsPerson(
                phrase("there is no job %(job)s", job=job_id),
                reason=Reason.UNKNOWN_JOB,
                resolution=phrase("see: connector jobs list"),
            )
        attempts = _attempts(ledger, row)
        # Also by its number, with which another system may have asked for the job.
        order = Status(ledger.database).find_order(row["store"], row["order_key"])
    if as_json:
        print_json({**row, "attempts": attempts})
        return
    for line in job_lines(row, attempts, order_is_known=order is not None):
        say(line)


def _attempts(ledger: Ledger, row: dict[str, Any]) -> list[dict[str, Any]]:
    attempts = Status(ledger.database).attempts(row["store"], row["order_key"])
    return [each for each in attempts if (each["direction"], each["flow"]) == (row["direction"], row["flow"])]


def _require_store(ledger: Ledger, store: str | None) -> None:
    if store is not None:
        ledger.stores.facts(store)


def _selects_jobs(command: Callable[..., None]) -> Callable[..., None]:
    store = click.option("--store", help="With --reason: only of this store.")
    reason = click.option("--reason", help="All jobs parked for this reason.")
    ids = click.argument("ids", metavar="[ID]...", nargs=-1, type=click.IntRange(1, 2**63 - 1))
    return ids(reason(store(command)))


def _selection(ids: Sequence[int], reason: str | None, store: str | None) -> Selection:
    if bool(ids) == bool(reason):
        raise click.UsageError("Give either ids or --reason.")
    if store and not reason:
        raise click.UsageError("--store goes with --reason.")
    return {"ids": ids or None, "reason": reason, "store": store}


@jobs.command()
@_selects_jobs
def retry(ids: Sequence[int], reason: str | None, store: str | None) -> None:
    """Run jobs again and reset their failures.

    By ID if they are parked, waiting or done, or all that are parked for a reason.
    """
    selection = _selection(ids, reason, store)
    with open_ledger() as ledger:
        _require_store(ledger, store)
        taken = ledger.jobs.retry(**selection, by=who())
        _report(ledger, taken, selection, "will run again")


@jobs.command()
@_selects_jobs
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def drop(ids: Sequence[int], reason: str | None, store: str | None, yes: bool) -> None:
    """Mark jobs as done without running them.

    By ID if they are parked or waiting, or all that are parked for a reason. News about the order opens them again.
    Dropping the import of an order also drops the imports of its shipments, cancellations and returns.
    """
    selection = _selection(ids, reason, store)
    with open_ledger() as ledger:
        _require_store(ledger, store)
        if not yes:
            _confirm(ledger, selection)
        taken, with_order = ledger.jobs.drop(**selection, by=who())
        if with_order:
            say(f"{counted(with_order, 'job')} that waited for the import of the order went with it")
        _report(ledger, taken, selection, "dropped")


def _confirm(ledger: Ledger, selection: Selection) -> None:
    """Ask whether to drop the jobs that can be dropped. Raises NeedsPerson when there is none."""
    if selection["ids"]:
        rows = [row for row in map(ledger.jobs.find, sorted(set(selection["ids"]))) if row]
        chosen = [row for row in rows if row["state"] in DROPPABLE]
        for row in chosen:
            order = row["order_number"] or row["order_key"]
            flow = flow_name(row["direction"], row["flow"])
            say(f"job {row['id']}: {flow} of order {order} of {row['store']}")
        count, why = len(chosen), ""
    else:
        count, why = _parked(ledger, selection), f" parked for {selection['reason']}"
    if not count:
        raise _not_taken(ledger, [], selection)
    whose = f" of {selection['store']}" if selection["store"] else ""
    ask(f"Drop {counted(count, 'job')}{why}{whose}? What they stand for is not carried over")


def _parked(ledger: Ledger, selection: Selection) -> int:
    """Return how many jobs are parked for the chosen reason."""
    rows = [row for row in ledger.jobs.parked_reasons() if row["reason"] == selection["reason"]]
    return sum(row["jobs"] for row in rows if selection["store"] in (None, row["store"]))


def _report(ledger: Ledger, taken: Sequence[int], selection: Selection, done: str) -> None:
    if taken:
        say(f"{counted(len(taken), 'job')} {done}")
    if not taken or _ids_not_taken(taken, selection):
        raise _not_taken(ledger, taken, selection)


def _not_taken(ledger: Ledger, taken: Sequence[int], selection: Selection) -> NeedsPerson:
    """Return the error that says which jobs could not be taken and why, or for which reasons jobs are parked."""
    if not_taken := [
        f"job {job_id} {_state_in_words(ledger.jobs.find(job_id))}" for job_id in _ids_not_taken(taken, selection)
    ]:
        return NeedsPerson(
            phrase(
                "%(which)s job could be taken: %(jobs)s",
                which="not every" if taken else "no",
                jobs=", ".join(not_taken),
            ),
            reason=Reason.NO_SUCH_JOB,
            resolution=phrase("see: connector jobs list --state parked"),
        )
    reasons = ", ".join(sorted({row["reason"] for row in ledger.jobs.parked_reasons()}))
    whose = f" of {selection['store']}" if selection["store"] else ""
    return NeedsPerson(
        phrase("no job%(whose)s is parked for '%(reason)s'", whose=whose, reason=selection["reason"]),
        reason=Reason.NO_SUCH_JOB,
        resolution=phrase("choose a reason for which jobs are parked: %(reasons)s", reasons=reasons or "there is none"),
    )


def _ids_not_taken(taken: Sequence[int], selection: Selection) -> list[int]:
    return sorted(set(selection["ids"] or ()) - set(taken))


def _state_in_words(row: dict[str, Any] | None) -> str:
    return f"is {row['state']}" if row else "does not exist"
