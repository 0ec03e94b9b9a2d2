"""Returns units in the shop that came back to Afosto, for the process that brought them to the buyer."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from jobs.run import Run
from ledger.orders.links import NewLink
from ledger.records import Intent
from schemas import afosto, epages
from schemas.intents import IntentKind, ShopReturnIntent
from schemas.mapping.orders.payments import delivery_fee, takes_parts
from schemas.mapping.progress.afosto_news import parcels_ahead, returned_units
from schemas.mapping.progress.returns import BackUnit, ReturnPlan, return_plans
from schemas.wording.lists import counted
from schemas.wording.phrases import Phrase, phrase
from sync.exports.both_sides import (
    import_again,
    known,
    landed,
    marker,
    publish_again,
    require_permitted,
)
from sync.order_guards import opened_order, read_order, require_job, restart_run


def export_return(run: Run) -> Phrase:
    """Make return processes in the shop: accepted is RETURNED, rejected is BROKEN (then the shop pays back)."""
    require_permitted(run, "returns.export", imports=IntentKind.RETURN)
    link = opened_order(run)
    intent = run.open_intent(ShopReturnIntent)
    if intent is not None:
        raise restart_run(_resolve(run, intent))
    order = read_order(run, link)
    accounted = known(run, order)
    back = returned_units(order, accounted, broken="broken" in run.context.exports)
    if not back:
        return phrase("nothing to return")
    _require_shipments(run, {parcel.id for parcel in parcels_ahead(order, accounted)}, back)
    brought_by = _brought_by(run)
    shop = run.epages.order(run.order_id)
    plans, paired = return_plans(shop, order, back, brought_by, _carried_over(run))
    if paired:
        run.bind(_links(paired))
        run.note(phrase("returned on both sides: %(units)s", units=counted(len(paired), "unit")))
        import_again(run, "returns")
    baseline = [process.id for process in _processes(run)] if plans else []
    for plan in plans:
        baseline.append(_create(run, shop, plan, baseline))
    if plans:
        publish_again(run)
    return phrase("returned %(units)s in the shop", units=counted(sum(len(plan.units) for plan in plans), "unit"))


def _require_shipments(run: Run, ahead: Collection[str], back: Iterable[afosto.Unit]) -> None:
    """Raise Wait while a parcel that brought the units is further on in Afosto than in the shop."""
    if any(unit.parcel_id in ahead for unit in back):
        require_job(run, "shipments", phrase("the shipment that brought the units comes first"))


def _brought_by(run: Run) -> Mapping[str, str]:
    """Return parcel → process of the shop. A pickup is one process there, also when Afosto has several parcels."""
    links = run.links_at_claim("parcel")
    processes = {link.afosto_id: link.epages_id for link in links if link.epages_id}
    if processes:
        pickup = next(iter(processes.values()))
        processes |= {link.afosto_id: pickup for link in links if not link.epages_id}
    return processes


def _resolve(run: Run, intent: Intent[ShopReturnIntent]) -> Phrase:
    same = [p for p in _processes(run) if _content(p.lines) == _content(_lines(intent.body))]
    if landed(run, intent, same, "returns"):
        return _link(run, intent, "adopted")
    run.resolve_intent(intent, "did not land")
    return phrase("the return did not land and is planned again")


def _create(run: Run, shop: epages.Order, plan: ReturnPlan, baseline: Sequence[str]) -> str:
    """Make the process and return its id."""
    fee = None if takes_parts(shop) else delivery_fee(shop)
    with run.recorded(ShopReturnIntent(plan.units, plan.process_id, tuple(baseline))) as intent:
        process = run.epages.create_return(
            run.order_id,
            _lines(intent.body),
            marker(run),
            brought_by=("pickups" if shop.is_pickup else "shippings", plan.process_id) if plan.process_id else None,
            fee={"currency": shop.currency, "amount": float(fee)} if fee else None,
        )
    run.note(phrase("made the return process %(process)s in the shop", process=process.id))
    _link(run, intent, "done")
    return process.id


def _link(run: Run, intent: Intent[ShopReturnIntent], outcome: str) -> Phrase:
    units = intent.body.units
    run.resolve_intent(intent, outcome, _links(units))
    return phrase("returned %(units)s in the shop", units=counted(len(units), "unit"))


def _links(units: Iterable[BackUnit]) -> list[NewLink]:
    return [
        NewLink("return", afosto_id=unit.id, line_id=unit.line_id, written_by="afosto", stage=unit.status)
        for unit in units
    ]


def _carried_over(run: Run) -> Counter[tuple[str, str]]:
    return Counter((link.line_id or "", link.stage) for link in run.links_at_claim("return"))


def _processes(run: Run) -> tuple[epages.Process, ...]:
    return run.epages.processes(run.order_id, "returns")


def _lines(body: ShopReturnIntent) -> list[epages.ProcessLine]:
    counts = Counter((unit.line_id, unit.status) for unit in body.units)
    return [epages.ProcessLine(line_id, count, status) for (line_id, status), count in sorted(counts.items())]


def _content(lines: Iterable[epages.ProcessLine]) -> Counter[tuple[str, str | None]]:
    content: Counter[tuple[str, str | None]] = Counter()
    for line in lines:
        content[line.line_id, line.status] += line.quantity
    return content
