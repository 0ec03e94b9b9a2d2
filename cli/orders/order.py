"""`connector order`: what happened to an order."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from cli.common import open_ledger, print_json, show
from cli.orders.explanation import print_explanation
from cli.orders.finding import find_orders
from cli.orders.job_text import state_in_words
from cli.orders.summary import summary
from cli.orders.timeline import timeline_lines
from cli.screen import say
from ledger.ledger import Ledger
from ledger.orders.life import KnownOrder, LifeCall, LifeJob, LifeLink, OrderLife
from schemas.mapping.progress.shipments import TwoCodes
from schemas.wording.lists import counted


@click.command(short_help="Show what happened to an order.")
@click.argument("store", metavar="[STORE]")
@click.argument("number", required=False, metavar="NUMBER")
@click.option("--explain", is_flag=True, help="Also read both sides and say what each flow would do now, and why not.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def order(store: str, number: str | None, explain: bool, as_json: bool) -> None:
    """Show what happened to an order.

    NUMBER is the order's number or id in the shop or in Afosto, or a tracking code of one of its parcels. STORE may be
    left out if only one store has such an order. --explain changes nothing on either side.
    """
    text = number or store
    with open_ledger() as ledger:
        places = find_orders(ledger, store if number else None, text)
        found = [life for place in places if (life := ledger.lives.read(place.store, place.order_key))]
        halted = {place.store: _halted(ledger, place.store) for place in places}
    if as_json and not explain:
        first, *others = map(_document, found)
        print_json({**first, "others": others} if others else first)
        return
    if explain:
        print_explanation(found, as_json=as_json)
        return
    if len(found) > 1:
        say(f"{counted(len(found), 'order')} of {found[0].store} have the number {text}.")
        say()
    for life in found:
        _print_life(life, halted[life.store])


def _halted(ledger: Ledger, store: str) -> list[str]:
    """Return the order flows of a store that are off, stopped or paused."""
    paused = ledger.stores.facts(store).paused_at is not None
    flows = [flow for flow in ledger.stores.flows(store) if flow["name"] != "inventory.publish"]
    return [flow["name"] for flow in flows if paused or flow["stopped_reason"] or not flow["enabled"]]


def _document(life: OrderLife) -> dict[str, Any]:
    """Return a life for scripts; of the timeline, each event has only what belongs to its kind."""
    events = [
        {name: value for name, value in asdict(event).items() if value not in (None, ())} for event in life.timeline
    ]
    return {
        "store": life.store,
        **{part: asdict(life)[part] for part in ("order", "jobs", "links", "attempts")},
        "intents": [asdict(call) for call in life.uncertain],
        "timeline": events,
    }


def _print_life(life: OrderLife, halted: list[str]) -> None:
    _print_order(life.store, life.order_key, life.order)
    for line in summary(life.store, life.links, life.jobs, halted):
        say(f"  {line}")
    _print_links(life.links)
    _print_jobs(life.jobs, life.uncertain)
    say()
    say("What happened")
    for line in timeline_lines(life.timeline):
        say(f"  {line}")


def _print_order(store: str, order_key: str, found: KnownOrder | None) -> None:
    if found is None:
        say(f"Order {order_key} of {store} could never be read in full.")
        return
    kind = "Test order" if found.is_test else "Order"
    say(f"{kind} {found.number} of {store} (id {found.id})")
    if found.updated_at is None:
        say("  It could not be read in full.")
    else:
        say(f"  placed {show(found.created_at)}, changed {show(found.updated_at)}")
    say(f"  first seen by the connector {show(found.first_seen_at)}")
    if found.is_test:
        say("  Test orders are counted, never imported.")
    if found.is_final:
        say("  Nothing more can happen to it in the shop.")


def _print_links(links: Sequence[LifeLink]) -> None:
    for link in links:
        if link.kind != "order":
            line = f", line {link.line_id}" if link.line_id else ""
            pieces = f"{counted(link.quantity, 'piece')}{line}"
            say(f"  {link.kind.capitalize()}: {_named(link)} ({pieces})")
            if link.afosto_code:
                codes = TwoCodes(link.shop_code, link.afosto_code)
                say(f"    It has {codes}.")
                say(f"    {codes.advice}.")


def _named(link: LifeLink) -> str:
    """Return the name people know it by: the tracking code, else the ids of both sides."""
    if link.tracking_code:
        return f"tracking code {link.tracking_code}"
    return f"{_in_the_shop(link)}, in Afosto {link.afosto_id}"


def _in_the_shop(link: LifeLink) -> str:
    """Return its id in the shop. Only the first parcel of a pickup has a process there; pieces have none."""
    other = "in the order's one pickup" if link.kind == "parcel" else "counted in the shop's order"
    return link.epages_id or other


def _print_jobs(jobs: Sequence[LifeJob], uncertain: Sequence[LifeCall]) -> None:
    say()
    say("What is to be done" if jobs else "Nothing is to be done")
    for job in jobs:
        say(f"  {job.name} (job {job.id}) {state_in_words(asdict(job))}.")
        if job.message and job.state != "done":
            reason = f" ({job.reason})" if job.reason else ""
            say(f"    {job.message}{reason}")
        if job.resolution:
            say(f"    What to do: {job.resolution}")
    for call in uncertain:
        until = show(call.ambiguous_until)
        say(f"  An answer to {call.kind!r} is not certain yet; nothing is repeated before {until}.")
