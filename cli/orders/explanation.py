"""Print what each flow would do with an order today, and why it does not."""

from collections.abc import Sequence
from dataclasses import asdict

from cli.common import print_json
from cli.runtime import open_runtime
from cli.screen import say
from ledger.orders.life import OrderLife
from reconcile.explain import Explanation, FlowOutlook, Outlook, explain
from schemas.mapping.differences import Difference
from schemas.wording.lists import counted

_OUTLOOKS = {
    Outlook.NOTHING: "has nothing to do",
    Outlook.ACTS: "carries this over in its next run",
    Outlook.WAITS: "waits, and goes on by itself",
    Outlook.UNASKED: "would carry this over, but nothing has asked it to run",
    Outlook.PERSON: "waits for a person",
    Outlook.OFF: "is off",
    Outlook.STOPPED: "was stopped",
    Outlook.PAUSED: "rests with its store",
    Outlook.NOT_PERMITTED: "is not permitted by the shop",
}


def print_explanation(lives: Sequence[OrderLife], *, as_json: bool) -> None:
    """Read both sides of these orders, and print what each flow would do. Changes nothing."""
    with open_runtime() as runtime:
        found = [explain(runtime, life.store, life.order_key, _tell) for life in lives]
    if as_json:
        print_json([asdict(each) for each in found])
        return
    for explanation in found:
        _print(explanation)


def _tell(why: str, seconds: float) -> None:
    say(f"waits {seconds:.0f} s: {why}", err=True)


def _print(found: Explanation) -> None:
    say(f"Order {found.number or found.order_key} of {found.store} as both sides have it now (nothing is changed)")
    for flow in found.flows:
        _print_flow(found.store, flow)
    if found.others:
        say(f"What no flow carries over: {counted(len(found.others), 'difference')}")
    for each in found.others:
        say(f"  {_changed(each.difference)}: {each.diagnosis.cause}.")
        if each.diagnosis.advice:
            say(f"    What to do: {each.diagnosis.advice}.")


def _print_flow(store: str, flow: FlowOutlook) -> None:
    cause = f": {flow.cause}" if flow.cause else ""
    say(f"  {flow.flow} {_OUTLOOKS[flow.outlook]}{cause}.")
    for change in flow.changes:
        say(f"    {_changed(change)}")
    if flow.outlook is Outlook.UNASKED:
        say(f"    What to do: connector reconcile {store} --repair")
    elif flow.advice and flow.outlook is not Outlook.ACTS:
        say(f"    What to do: {flow.advice.rstrip('.')}.")


def _changed(change: Difference) -> str:
    sku = f" {change.sku}" if change.sku else ""
    return f"{change.kind}{sku}: {change.shop} in the shop, {change.afosto} in Afosto"
