"""`connector store`: connect, show, pause, resume and remove shops."""

from typing import Any

import click

from cli.common import FLOWS, TOTALS, open_ledger, print_json, print_table, settings, show
from cli.screen import ask, say
from cli.stores.add import add
from cli.stores.advice import after_a_stop
from cli.stores.channel import channel
from cli.stores.credentials import credentials
from cli.stores.tenant import tenant
from cli.who import who
from clients.scopes import boxes
from ledger.ledger import Ledger
from ledger.status import Status
from ledger.stores.stores import OpeningChoice, unknown_store
from schemas.reasons import Reason
from schemas.wording.lists import counted
from schemas.wording.spans import span
from sync.connecting.change_store import STAYS, change_opening, change_totals
from sync.connecting.flow_states import (
    Condition,
    FlowState,
    flow_states,
    require_permission,
    resume_flows,
    switch_on,
)
from sync.stock.outcomes import no_location

SHOWN = (
    *("name", "base_url", "client_id", "channel_id", "import_since", "connected_at"),
    *("totals", "open_unpaid", "open_partly_paid", "notify_buyers", "mark_orders", "paused_at"),
)
MARKS, MAILS = "mark_orders", "notify_buyers"
OPENINGS: tuple[OpeningChoice, ...] = ("open_unpaid", "open_partly_paid")


@click.group()
def store() -> None:
    """Connect, show, pause, resume and remove web shops."""


store.add_command(add)
store.add_command(credentials)
store.add_command(channel)
store.add_command(tenant)


@store.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def list_stores(as_json: bool) -> None:
    """List the connected stores."""
    with open_ledger() as ledger:
        rows = Status(ledger.database).stores()
    if as_json:
        print_json(rows)
        return
    shown = [{**row, "polled": span(row["freshness"])} for row in rows]
    columns = {
        "name": "STORE",
        "base_url": "SHOP",
        "paused_at": "PAUSED SINCE",
        "polled": "LAST POLL",
        "seen": "ORDERS",
    }
    print_table(shown, columns, "No store is connected yet; connect one with: connector store add NAME")


@store.command("show")
@click.argument("name")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def show_store(name: str, as_json: bool) -> None:
    """Show a store's settings, flows, cursors and health."""
    with open_ledger() as ledger:
        found = ledger.stores.facts(name)
        overview = ledger.stores.overview(name)
    facts: dict[str, Any] = {key: getattr(found, key) for key in SHOWN}
    facts["scopes"] = sorted(found.scopes)
    if as_json:
        print_json({**facts, **overview})
        return
    for key, value in facts.items():
        say(f"{key.replace('_', ' '):14} {' '.join(value) if isinstance(value, list) else show(value)}")
    states = flow_states(found, overview["flows"])
    _print_overview({**overview, "flows": [_with_status(name, state) for state in states]})


def _with_status(name: str, state: FlowState) -> dict[str, Any]:
    """Return a flow with why it is inactive and what resumes it; both are empty when it works."""
    on = f"connector store switch {name} {state.name} on"
    why, advice = {
        Condition.RUNS: ("", ""),
        Condition.NOT_PERMITTED: (
            f"the shop's app lacks {boxes(state.lacking)}",
            f"tick that in the shop's cockpit, then: {on}",
        ),
        Condition.OFF: ("it was switched off, or never chosen", on),
        Condition.STOPPED: (state.message, after_a_stop(name, state.name, state.reason)),
        Condition.PAUSED: ("the store is paused", f"connector store resume {name}"),
    }[state.condition]
    flow = {"name": state.name, "enabled": state.enabled, "stopped_reason": state.reason}
    return {**flow, "why": why, "advice": advice}


def _print_overview(overview: dict[str, Any]) -> None:
    say()
    say("Flows")
    flow_columns = {"name": "FLOW", "enabled": "ON", "stopped_reason": "STOPPED FOR", "why": "WHY"}
    print_table(overview["flows"], {**flow_columns, "advice": "WHAT TO DO"}, "none")
    say()
    say("Cursors")
    cursor_columns = {"kind": "CURSOR", "position": "READ UP TO", "polled_at": "POLLED AT", "requests": "REQUESTS"}
    print_table(overview["cursors"], cursor_columns, "none")
    say()
    say("Health")
    health_columns = {"vendor": "VENDOR", "reason": "REASON", "since": "SINCE", "message": "MESSAGE"}
    print_table(overview["health"], health_columns, "nothing is wrong with either vendor")


@store.command()
@click.argument("name")
def pause(name: str) -> None:
    """Stop polling the store and running its jobs.

    Nothing is lost: work continues after `connector store resume`.
    """
    with open_ledger() as ledger:
        ledger.stores.pause(name)
    say(f"{name} is paused; take it up again with: connector store resume {name}")


@store.command()
@click.argument("name")
@click.option("--flow", type=click.Choice(FLOWS), help="Only this flow: release it if it was stopped automatically.")
@click.option(
    "--totals",
    type=click.Choice(TOTALS),
    help="From now on: park orders whose totals differ (strict), tolerate or accept them.",
)
def resume(name: str, flow: str | None, totals: str | None) -> None:
    """Resume a paused store and automatically stopped flows.

    Jobs parked for the reason of such a stop run again. With --totals tolerate or accept, orders that were parked
    because their totals differ run again.
    """
    with open_ledger() as ledger:
        if name not in ledger.stores.names():
            raise unknown_store(name)
        count = change_totals(ledger, name, totals, by=who()) if totals else 0
        if totals:
            say(f"{name}: totals are now handled as: {totals}")
        if flow is None:
            ledger.stores.resume(name)
            say(f"{name} is active")
        _release(ledger, name, flow)
        if count:
            _say_retried(name, Reason.TOTALS_DIFFER, count)


def _switch_on(ledger: Ledger, name: str, flow: str) -> None:
    switch_on(ledger, name, flow, by=who())
    if flow == "inventory.publish" and not ledger.stock.locations(name):
        say(f"No stock is published yet: {no_location(name)}")
    if flow == "broken.export":
        say("From now on the shop starts a refund by itself for each return that Afosto rejects.")


def _set_opening(ledger: Ledger, name: str, choice: OpeningChoice, enabled: bool) -> None:
    """Change when orders are opened. Unopened orders are checked again; opened ones stay open."""
    if waiting := change_opening(ledger, name, choice, enabled=enabled):
        say(f"{name}: {counted(waiting, 'order')} that wait unopened will be looked at again")


def _release(ledger: Ledger, name: str, flow: str | None) -> None:
    resumed = resume_flows(ledger, name, flow, by=who())
    if resumed.stock_to_confirm:
        say(f"{name}: its stock waits until you confirm it; see: connector stock preview {name}")
        say(f"  then: connector stock confirm {name}")
    for released, reason in resumed.flows.items():
        say(f"{name}: the flow {released}, stopped for {reason}, is released")
    if flow and not (resumed.flows or resumed.stock_to_confirm):
        say(f"{name}: the flow {flow} was not stopped")
    for reason, count in resumed.retried.items():
        _say_retried(name, reason, count)


def _say_retried(name: str, reason: str, count: int) -> None:
    say(f"{name}: {counted(count, 'job')} parked for {reason} will run again")


@store.command()
@click.argument("name")
@click.argument("flow", metavar="FLOW", type=click.Choice((*FLOWS, MARKS, MAILS, *OPENINGS)))
@click.argument("state", type=click.Choice(("on", "off")))
def switch(name: str, flow: str, state: str) -> None:
    """Switch a FLOW of the store on or off.

    Changes missed while it was off are applied once it is on again.

    FLOW is one of orders.import, cancellations.import, shipments.import, returns.import, cancellations.export,
    shipments.export, returns.export, broken.export, inventory.publish, mark_orders, notify_buyers,
    open_unpaid, open_partly_paid.

    Before it is switched on, the shop is asked what its app may do now. The last four are no flows. While mark_orders
    is on, the import writes into the note of each new order which Afosto order it became. While
    notify_buyers is on, the shop mails the buyer once per parcel. While open_unpaid or
    open_partly_paid is on, orders are opened in Afosto before they are paid, or of which only a part is paid.
    """
    chosen, choice = settings(), next((each for each in OPENINGS if each == flow), None)
    with open_ledger(chosen) as ledger:
        ledger.stores.facts(name)
        if state == "on" and not choice and flow != MAILS:
            require_permission(ledger, chosen, name, flow)
        if flow == MARKS:
            ledger.stores.set_marking(name, state == "on")
        elif flow == MAILS:
            ledger.stores.set_mailing(name, state == "on")
        elif choice:
            _set_opening(ledger, name, choice, state == "on")
        elif state == "off":
            ledger.stores.switch_flow(name, flow, enabled=False)
        else:
            _switch_on(ledger, name, flow)
    say(f"{name}: {flow} is {state}")


@store.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def remove(name: str, yes: bool) -> None:
    """Remove a store with its jobs and links.

    Orders already in Afosto stay there.
    """
    with open_ledger() as ledger:
        ledger.stores.facts(name)
        if not yes:
            say(f"Forgetting {name} forgets which orders are in Afosto: connected again, they would be imported twice.")
            ask(f"Forget {name}?")
        ledger.stores.remove(name)
    say(f"{name} is removed. {STAYS}")
