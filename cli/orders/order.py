"""`connector order`: what happened to an order."""

from collections.abc import Sequence
from typing import Any

import click

from cli.common import open_ledger, print_json, show
from cli.orders.attempt_lines import attempt_lines
from cli.orders.job_text import state_in_words
from cli.orders.summary import summary
from cli.screen import say
from ledger.ledger import Ledger
from ledger.records import StoreFacts
from ledger.status import Status
from schemas.errors import NeedsPerson
from schemas.flows import flow_name
from schemas.mapping.progress.shipments import TwoCodes
from schemas.reasons import Reason
from schemas.wording.lists import counted


@click.command(short_help="Show what happened to an order of STORE.")
@click.argument("store")
@click.argument("number", required=False, metavar="NUMBER")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def order(store: str, number: str | None, as_json: bool) -> None:
    """Show what happened to an order of STORE.

    NUMBER is the order's number or id in the shop or in Afosto.
    """
    with open_ledger() as ledger:
        if number is None:
            raise _no_store(store, ledger.stores.names())
        facts = ledger.stores.facts(store)
        found = _find_orders(ledger, store, number)
        halted = _halted(ledger, facts)
    if not found:
        raise NeedsPerson(
            f"no order {number!r} of {store} is known by its number in the shop or in Afosto; the shop's orders before "
            f"{facts.import_since:%Y-%m-%d} are not read",
            reason=Reason.UNKNOWN_ORDER,
            resolution="if the number is Afosto's, the order came from elsewhere or from another store; if it is the "
            f"shop's, ask the shop for news with: connector poll {store} --now",
        )
    if as_json:
        print_json({**found[0], "others": found[1:]} if len(found) > 1 else found[0])
        return
    if len(found) > 1:
        say(f"{counted(len(found), 'order')} of {store} have the number {number}.")
        say()
    for each in found:
        _print_found(store, number, each, halted)


def _find_orders(ledger: Ledger, store: str, number: str) -> list[dict[str, Any]]:
    """Return what is known of each order with this number or id; without one, of the jobs requested with it."""
    status = Status(ledger.database)
    rows: list[Any] = status.find_orders(store, number) or [None]
    orders = []
    for row in rows:
        key = row["id"] if row else number
        orders.append({"order": row, **status.order(store, key), "attempts": status.attempts(store, key)})
    return [each for each in orders if each["order"] or each["jobs"] or each["attempts"]]


def _halted(ledger: Ledger, facts: StoreFacts) -> dict[str, str]:
    """Return the order flows of a store that are off, stopped or paused → the command that resumes each."""
    resume = f"connector store resume {facts.name}"
    halted = {}
    for flow in ledger.stores.flows(facts.name):
        if not flow["enabled"]:
            halted[flow["name"]] = f"connector store switch {facts.name} {flow['name']} on"
        elif flow["stopped_reason"]:
            halted[flow["name"]] = f"{resume} --flow {flow['name']}"
        elif facts.paused_at:
            halted[flow["name"]] = resume
    return {name: command for name, command in halted.items() if name != "inventory.publish"}


def _print_found(store: str, number: str, found: dict[str, Any], halted: dict[str, str]) -> None:
    _print_order(store, number, found["order"])
    for line in summary(store, found["links"], found["jobs"], halted):
        say(f"  {line}")
    _print_links(found["links"])
    _print_jobs(found["jobs"], found["intents"])
    _print_attempts(found["attempts"])


def _no_store(number: str, names: Sequence[str]) -> click.UsageError:
    if number in names:
        return click.UsageError(f"The number of the order is missing; for example: connector order {number} 10001")
    known = f"connected are {', '.join(names)}" if names else "none is connected"
    example = f"connector order {names[0] if names else 'STORE'} {number}"
    return click.UsageError(f"The store comes first ({known}), then the order's number; for example: {example}")


def _print_order(store: str, number: str, found: dict[str, Any] | None) -> None:
    if found is None:
        say(f"Order {number} of {store} could never be read in full.")
        return
    kind = "Test order" if found["is_test"] else "Order"
    say(f"{kind} {found['number']} of {store} (id {found['id']})")
    if found["updated_at"] is None:
        say("  It could not be read in full.")
    else:
        say(f"  placed {show(found['created_at'])}, changed {show(found['updated_at'])}")
    say(f"  first seen by the connector {show(found['first_seen_at'])}")
    if found["is_test"]:
        say("  Test orders are counted, never imported.")
    if found["is_final"]:
        say("  Nothing more can happen to it in the shop.")


def _print_links(links: list[dict[str, Any]]) -> None:
    for link in links:
        if link["kind"] != "order":
            line = f", line {link['line_id']}" if link["line_id"] else ""
            pieces = f"{counted(link['quantity'], 'piece')}{line}"
            say(f"  {link['kind'].capitalize()}: {_named(link)} ({pieces})")
            if link["afosto_code"]:
                codes = TwoCodes(link["shop_code"], link["afosto_code"])
                say(f"    It has {codes}.")
                say(f"    {codes.advice}.")


def _named(link: dict[str, Any]) -> str:
    """Return the name people know it by: the tracking code, else the ids of both sides."""
    if link["tracking_code"]:
        return f"tracking code {link['tracking_code']}"
    return f"{_in_the_shop(link)}, in Afosto {link['afosto_id']}"


def _in_the_shop(link: dict[str, Any]) -> str:
    """Return its id in the shop. Only the first parcel of a pickup has a process there; pieces have none."""
    other = "in the order's one pickup" if link["kind"] == "parcel" else "counted in the shop's order"
    return link["epages_id"] or other


def _print_jobs(jobs: list[dict[str, Any]], intents: list[dict[str, Any]]) -> None:
    say()
    say("What is to be done" if jobs else "Nothing is to be done")
    for job in jobs:
        say(f"  {flow_name(job['direction'], job['flow'])} (job {job['id']}) {state_in_words(job)}.")
        if job["message"] and job["state"] != "done":
            reason = f" ({job['reason']})" if job["reason"] else ""
            say(f"    {job['message']}{reason}")
        if job["resolution"]:
            say(f"    What to do: {job['resolution']}")
    for intent in intents:
        until = show(intent["ambiguous_until"])
        say(f"  An answer to {intent['kind']!r} is not certain yet; nothing is repeated before {until}.")


def _print_attempts(attempts: list[dict[str, Any]]) -> None:
    say()
    say("What was tried" if attempts else "Nothing was tried yet")
    for line in attempt_lines(attempts):
        say(f"  {line}")
