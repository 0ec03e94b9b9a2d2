"""Cancels units in the shop that Afosto canceled: the whole order, or a part of it by a cancellation process."""

from collections.abc import Mapping

from jobs.run import Run
from ledger.orders.links import NewLink
from ledger.records import Intent
from schemas import epages
from schemas.intents import IntentKind, ShopCancellationIntent
from schemas.mapping.progress.afosto_news import canceled_units
from schemas.mapping.progress.cancellations import CancellationPlan, cancellation_plan
from schemas.wording.lists import counted
from schemas.wording.phrases import Phrase, phrase
from sync.exports.both_sides import import_again, known, landed, marker, publish_again, require_permitted
from sync.order_guards import canceled_before, opened_order, read_order, restart_run


def export_cancellation(run: Run) -> Phrase:
    """Cancel the units in the shop that Afosto itself canceled since the order was opened."""
    require_permitted(run, "cancellations.export", imports=IntentKind.CANCEL)
    link = opened_order(run)
    intent = run.open_intent(ShopCancellationIntent)
    if intent is not None:
        raise restart_run(_resolve(run, intent))
    order = read_order(run, link)
    canceled = canceled_units(order, known(run, order))
    if not canceled:
        return phrase("nothing to cancel")
    shop = run.epages.order(run.order_id)
    plan = cancellation_plan(shop, order, canceled, _carried_over(run), canceled_before(shop, order))
    if plan.matched:
        run.bind(_links(plan.matched))
        run.note(phrase("canceled on both sides: %(units)s", units=counted(len(plan.matched), "unit")))
        import_again(run, "cancellations")
    if not plan.units:
        return phrase("canceled on both sides: %(units)s", units=counted(len(plan.matched), "unit"))
    return _cancel(run, plan)


def _resolve(run: Run, intent: Intent[ShopCancellationIntent]) -> Phrase:
    """The answer was lost: link what landed. Plan the rest again once nothing can land any more."""
    if intent.body.whole:
        if run.epages.order(run.order_id).canceled:
            return _link(run, intent, "adopted")
        # While the call may still land, an order that is not canceled proves nothing.
        landed(run, intent, [], "cancelations")
    else:
        same = [p for p in _processes(run) if _lines(p) == intent.body.lines]
        if landed(run, intent, same, "cancelations"):
            return _link(run, intent, "adopted")
    run.resolve_intent(intent, "did not land")
    return phrase("the cancellation did not land and is planned again")


def _cancel(run: Run, plan: CancellationPlan) -> Phrase:
    baseline = [] if plan.whole else [process.id for process in _processes(run)]
    body = ShopCancellationIntent(plan.units, plan.lines, plan.whole, tuple(baseline))
    with run.recorded(body) as intent:
        if plan.whole:
            run.epages.cancel(run.order_id, marker(run))
            made = phrase("canceled the whole order in the shop")
        else:
            process = run.epages.create_cancellation(run.order_id, plan.lines, marker(run))
            made = phrase("made the cancellation process %(process)s in the shop", process=process.id)
    run.note(made)
    outcome = _link(run, intent, "done")
    publish_again(run)
    return outcome


def _link(run: Run, intent: Intent[ShopCancellationIntent], outcome: str) -> Phrase:
    units = intent.body.units
    run.resolve_intent(intent, outcome, _links(units))
    return phrase("canceled %(units)s in the shop", units=counted(len(units), "unit"))


def _links(units: Mapping[str, str]) -> list[NewLink]:
    return [
        NewLink("cancellation", afosto_id=contra, line_id=line_id, written_by="afosto")
        for contra, line_id in units.items()
    ]


def _carried_over(run: Run) -> dict[str, int]:
    counts: dict[str, int] = {}
    for link in run.links_at_claim("cancellation"):
        counts[link.line_id or ""] = counts.get(link.line_id or "", 0) + link.quantity
    return counts


def _processes(run: Run) -> tuple[epages.Process, ...]:
    return run.epages.processes(run.order_id, "cancelations")


def _lines(process: epages.Process) -> dict[str, int]:
    return {line.line_id: line.quantity for line in process.lines}
