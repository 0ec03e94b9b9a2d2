"""Units canceled in Afosto are canceled in the shop: the whole order at once, or a cancelation process for a part."""

from collections.abc import Mapping

from ledger.links import NewLink
from ledger.records import Intent
from schemas import epages
from schemas.mapping.cancellations import CancelationPlan, cancelation_plan
from schemas.mapping.news import canceled_units
from schemas.words import counted
from tasks.counterpart import canceled_before, look_again, opened_order, read_order
from tasks.exporting import conclude, import_again, known, landed, marker, permitted, publish_again
from tasks.run import Run

INTENT = "shop-cancelation"


def export_cancellation(run: Run) -> str:
    """Cancel in the shop what Afosto canceled by itself since the order was opened."""
    permitted(run, "cancellations.export", imports="cancel")
    link = opened_order(run)
    intent = run.open_intent(INTENT)
    if intent is not None:
        look_again(_settle(run, intent))
    order = read_order(run, link)
    canceled = canceled_units(order, known(run, order))
    if not canceled:
        return "nothing to cancel"
    shop = run.epages.order(run.order_id)
    plan = cancelation_plan(shop, order, canceled, _carried_over(run), canceled_before(shop, order))
    if plan.paired:
        conclude(run, None, _links(plan.paired), "paired")
        run.note(f"canceled on both sides: {counted(len(plan.paired), 'unit')}")
        import_again(run, "cancellations")
    if not plan.units:
        return f"canceled on both sides: {counted(len(plan.paired), 'unit')}"
    return _cancel(run, plan)


def _settle(run: Run, intent: Intent) -> str:
    """The answer was lost: what landed is written down, what did not is planned anew once nothing can land any more."""
    if intent.body["whole"]:
        if run.epages.order(run.order_id).canceled:
            return _conclude(run, intent, "adopted")
        # Absence proves nothing before its time.
        landed(run, intent, [], "cancelations")
    else:
        same = [p for p in _processes(run) if _lines(p) == intent.body["lines"]]
        if landed(run, intent, same, "cancelations"):
            return _conclude(run, intent, "adopted")
    conclude(run, intent.id, [], "did not land")
    return "the cancelation did not land and is planned anew"


def _cancel(run: Run, plan: CancelationPlan) -> str:
    baseline = [] if plan.whole else [process.id for process in _processes(run)]
    body = {"units": plan.units, "lines": plan.lines, "whole": plan.whole, "baseline": baseline}
    with run.announced(INTENT, body) as intent:
        if plan.whole:
            run.epages.cancel(run.order_id, marker(run))
            made = "canceled the whole order in the shop"
        else:
            process = run.epages.create_cancelation(run.order_id, plan.lines, marker(run))
            made = f"made the cancelation process {process.id} in the shop"
    run.note(made)
    said = _conclude(run, intent, "done")
    publish_again(run)
    return said


def _conclude(run: Run, intent: Intent, outcome: str) -> str:
    units = intent.body["units"]
    conclude(run, intent.id, _links(units), outcome)
    return f"canceled {counted(len(units), 'unit')} in the shop"


def _links(units: Mapping[str, str]) -> list[NewLink]:
    return [
        NewLink("cancellation", afosto_id=contra, line_id=line_id, written_by="afosto")
        for contra, line_id in units.items()
    ]


def _carried_over(run: Run) -> dict[str, int]:
    counts: dict[str, int] = {}
    for link in run.linked("cancellation"):
        counts[link.line_id or ""] = counts.get(link.line_id or "", 0) + link.quantity
    return counts


def _processes(run: Run) -> tuple[epages.Process, ...]:
    return run.epages.processes(run.order_id, "cancelations")


def _lines(process: epages.Process) -> dict[str, int]:
    return {line.line_id: line.quantity for line in process.lines}
