"""`connector order`: what happened to an order, in plain words."""

from typing import Any

import click

from ledger.status import Status
from schemas.errors import NeedsPerson
from schemas.flows import flow_name
from workers.cli.frame import open_ledger, plural, print_json, show, span

_STAGES = {
    "created": "is a draft in Afosto, without its items",
    "filled": "is a draft in Afosto, with its items, not open yet",
    "opened": "is open in Afosto",
    "expired": "was a draft in Afosto and was given up",
}
_STATES = {
    "waiting": "waits for its turn",
    "queued": "is on its way to a worker",
    "running": "is running now",
    "done": "is done",
    "parked": "is parked: a person must decide",
}
_DROPPED = {"dropped": "was dropped by a person", "order-dropped": "was dropped with the import of its order"}


@click.command()
@click.argument("store")
@click.argument("number")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def order(store: str, number: str, as_json: bool) -> None:
    """Tell what happened to an order of STORE, by its NUMBER or ePages id."""
    with open_ledger() as ledger:
        since = ledger.stores.facts(store).import_since
        found, attempts = ledger.stores.order_history(store, number)
        rest = Status(ledger.database).order(store, found["id"] if found else number)
    if found is None and not attempts and not rest["jobs"]:
        raise NeedsPerson(
            f"no order {number!r} of {store} was seen; orders before {since:%Y-%m-%d} are not read",
            reason="unknown-order",
            resolution=f"ask the shop for news with: connector poll {store} --now",
        )
    if as_json:
        print_json({"order": found, **rest, "attempts": attempts})
        return
    _print_order(store, number, found)
    _print_links(rest["links"])
    _print_jobs(rest["jobs"], rest["intents"])
    _print_attempts(attempts)


def _print_order(store: str, number: str, found: dict[str, Any] | None) -> None:
    if found is None:
        click.echo(f"Order {number} of {store} could never be read in full.")
        return
    kind = "Test order" if found["is_test"] else "Order"
    click.echo(f"{kind} {found['number']} of {store} (id {found['id']})")
    if found["updated_at"] is None:
        click.echo("  It could not be read in full.")
    else:
        click.echo(f"  placed {show(found['created_at'])}, changed {show(found['updated_at'])}")
    click.echo(f"  first seen by the connector {show(found['first_seen_at'])}")
    if found["is_test"]:
        click.echo("  Test orders are counted, never imported.")
    if found["is_final"]:
        click.echo("  Nothing more can happen to it in the shop.")


def _print_links(links: list[dict[str, Any]]) -> None:
    if not any(link["kind"] == "order" for link in links):
        click.echo("  It is not in Afosto.")
    for link in links:
        if link["kind"] == "order":
            click.echo(f"  It {_STAGES.get(link['stage'], link['stage'])} as order {link['afosto_id']}.")
        else:
            line = f", line {link['line_id']}" if link["line_id"] else ""
            shop = link["epages_id"] or "counted in the shop's order"
            click.echo(
                f"  {link['kind'].capitalize()}: {shop}, in Afosto {link['afosto_id']} (×{link['quantity']}{line})"
            )


def _state(job: dict[str, Any]) -> str:
    dropped = _DROPPED.get(job["reason"]) if job["state"] == "done" else None
    return dropped or _STATES[job["state"]]


def _print_jobs(jobs: list[dict[str, Any]], intents: list[dict[str, Any]]) -> None:
    click.echo("\nWhat is to be done" if jobs else "\nNothing is to be done")
    for job in jobs:
        tries = f", tried {plural(job['claims'], 'time')}" if job["claims"] else ""
        click.echo(f"  {flow_name(job['direction'], job['flow'])} (job {job['id']}) {_state(job)}{tries}.")
        if job["message"] and job["state"] != "done":
            reason = f" ({job['reason']})" if job["reason"] else ""
            click.echo(f"    {job['message']}{reason}")
        if job["resolution"]:
            click.echo(f"    What to do: {job['resolution']}")
    for intent in intents:
        until = show(intent["ambiguous_until"])
        click.echo(f"  An answer to {intent['kind']!r} is not certain yet; nothing is repeated before {until}.")


def _print_attempts(attempts: list[dict[str, Any]]) -> None:
    click.echo("\nWhat was tried" if attempts else "\nNothing was tried yet")
    for attempt in attempts:
        said = f": {attempt['message']}" if attempt["message"] else ""
        effort = f"{span(attempt['seconds'])}, {plural(attempt['requests'], 'request')}"
        flow = flow_name(attempt["direction"], attempt["flow"])
        by = f"({effort}, {attempt['worker']})"
        click.echo(f"  {show(attempt['at'])}  {flow} {attempt['outcome']}{said} {by}")
        for step in attempt["steps"]:
            click.echo(f"      {step}")
