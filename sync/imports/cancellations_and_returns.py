"""Imports cancellations and returns of the shop, unit by unit."""

import uuid
from collections.abc import Mapping, Sequence

from clients.afosto.errors import RefusedByAfosto
from jobs.run import Run
from ledger.ledger import ORDER_WAIT
from ledger.orders.links import NewLink
from ledger.records import Intent
from schemas import afosto
from schemas.errors import NeedsPerson, Wait
from schemas.intents import B, CancelIntent, CancelPair, IntentKind, ReturnIntent
from schemas.mapping.progress.cancellations import units_to_cancel
from schemas.mapping.progress.returns import units_to_return
from schemas.reasons import Reason
from schemas.states import LinkStage
from schemas.wording.lists import counted
from schemas.wording.phrases import Phrase, phrase
from sync.afosto_actions import finish_units
from sync.order_guards import (
    blocked_by,
    canceled_before,
    counts_by_line,
    opened_order,
    read_order,
    request_order_import,
    require_certain,
    require_free,
    require_others_resolved,
    require_recovered,
    restart_run,
)

UNTOUCHED = "OPEN"  # Afosto's word for a unit that was neither canceled nor returned


def import_cancellation(run: Run) -> Phrase:
    """Cancel in Afosto as many units per line as the shop canceled since the import."""
    require_recovered(run)
    if run.order_link is None or run.order_link.stage == LinkStage.EXPIRED:
        return _without_order(run)
    if run.order_link.stage != LinkStage.OPENED:
        request_order_import(run)
        return phrase("the order is not open yet: a new draft is made without what is canceled, or this job runs again")
    require_others_resolved(run, IntentKind.SHOP_CANCELLATION)
    link = opened_order(run)
    order = read_order(run, link)
    if intent := run.open_intent(CancelIntent):
        _require_landed(run, intent, order, [pair.unit for pair in intent.body.pairs])
        # This finished the plan of an earlier run. More may have been canceled in the shop since then.
        raise restart_run(_cancel_all(run, order, intent))
    pairs = _pairs_to_cancel(run, order)
    return _cancel_all(run, order, run.record_intent(CancelIntent(pairs))) if pairs else phrase("nothing to cancel")


def _without_order(run: Run) -> Phrase:
    """Only an order that is canceled as a whole may have no Afosto order: raises Wait for any other."""
    if run.order_link is None and not run.read_shop_order().canceled:
        raise Wait(phrase("the order is not imported yet"), after=ORDER_WAIT)
    return phrase("canceled before it was imported")


def _pairs_to_cancel(run: Run, order: afosto.Order) -> tuple[CancelPair, ...]:
    shop = run.read_shop_order()
    links = run.links_at_claim("cancellation")
    units = units_to_cancel(
        shop, order, counts_by_line(links, "epages"), counts_by_line(links, "afosto"), canceled_before(shop, order)
    )
    lines = _lines(order)
    return tuple(CancelPair(unit, str(uuid.uuid4()), lines[unit]) for unit in units)


def _cancel_all(run: Run, order: afosto.Order, intent: Intent[CancelIntent]) -> Phrase:
    """Cancel the units that are not canceled yet. We choose the contra ids, so a unit is never canceled twice.

    A unit with another contra id was canceled by somebody else; the next run cancels another unit for it.
    """
    contras = {unit.id: unit.contra_id for unit in order.units}
    pairs = [pair for pair in intent.body.pairs if contras.get(pair.unit) in (None, pair.contra)]
    missing = [(pair.unit, pair.contra) for pair in pairs if contras.get(pair.unit) is None]
    if missing:
        try:
            with run.carrying_out(intent), run.progress(_canceled, len(missing)) as done:
                order = run.afosto.cancel_items(order.id, missing, done=done)
        except RefusedByAfosto:
            if len(missing) == len(pairs):
                require_free(run, [unit for unit, _ in missing], intent)
            raise
    contra = {pair.contra for pair in pairs}
    with run.carrying_out(intent):
        finish_units(run, order, contra, restock=contra)
    links = [NewLink("cancellation", afosto_id=pair.contra, line_id=pair.line) for pair in pairs]
    run.resolve_intent(intent, "done", links)
    return _canceled(counted(len(pairs), "unit"))


def import_return(run: Run) -> Phrase:
    """Return the units in Afosto that came back to the shop: RETURNED is restocked, BROKEN is not."""
    require_recovered(run)
    if run.order_link is None or run.order_link.stage == LinkStage.EXPIRED:
        return _without_order(run)
    require_others_resolved(run, IntentKind.SHOP_RETURN)
    link = opened_order(run)
    intent = run.open_intent(ReturnIntent)
    if intent is None:
        _require_shipments(run)
    order = read_order(run, link)
    if intent is not None:
        _require_landed(run, intent, order, intent.body.units)
        # As with cancellations: more may have come back since then.
        raise restart_run(_return_all(run, order, intent))
    body = _units_to_return(run, order)
    return _return_all(run, order, run.record_intent(body)) if body.units else phrase("nothing to return")


def _require_shipments(run: Run) -> None:
    """Raise Wait while the parcels that brought the pieces may still be made, unless shipments are not imported."""
    shipments = run.context.siblings.get(("import", "shipments"))
    if ("import", "shipments") in run.context.flows and shipments and shipments.state not in ("done", "dropped"):
        raise blocked_by(shipments, phrase("the order's shipments come first"))


def _units_to_return(run: Run, order: afosto.Order) -> ReturnIntent:
    shop = run.read_shop_order()
    counts: dict[str, dict[tuple[str, str], int]] = {"epages": {}, "afosto": {}}
    for link in run.links_at_claim("return"):
        key = (link.line_id or "", link.stage)
        counts[link.written_by][key] = counts[link.written_by].get(key, 0) + link.quantity
    restock, scrap = units_to_return(shop, order, counts["epages"], counts["afosto"])
    return ReturnIntent(tuple(restock), tuple(scrap))


def _return_all(run: Run, order: afosto.Order, intent: Intent[ReturnIntent]) -> Phrase:
    restock, scrap = intent.body.restock, intent.body.scrap
    lines = _lines(order)
    _require_units(run, lines, intent.body.units)
    order = _receive(run, order, intent)
    with run.carrying_out(intent):
        finish_units(run, order, set(intent.body.units), restock=set(restock))
    statuses = [(unit, "RETURNED") for unit in restock] + [(unit, "BROKEN") for unit in scrap]
    links = [NewLink("return", afosto_id=unit, line_id=lines[unit], stage=status) for unit, status in statuses]
    run.resolve_intent(intent, "done", links)
    return phrase(
        "returned %(units)s into stock, %(broken)s broken", units=counted(len(restock), "unit"), broken=len(scrap)
    )


def _require_units(run: Run, lines: Mapping[str, str], units: Sequence[str]) -> None:
    """Raise NeedsPerson (unit-gone) when units to be returned are no longer in the order."""
    gone = [unit for unit in units if unit not in lines]
    if gone:
        raise NeedsPerson(
            phrase(
                "Afosto no longer has %(units)s of order %(order)s to be returned: %(unit)s",
                units=counted(len(gone), "unit"),
                order=run.order_id,
                unit=gone[0],
            ),
            reason=Reason.UNIT_GONE,
            resolution=phrase("Find out who removed it in Afosto; drop the job if that was meant."),
        )


def _receive(run: Run, order: afosto.Order, intent: Intent[ReturnIntent]) -> afosto.Order:
    units = set(intent.body.units)
    asked = {item for action in order.actions for item in action.item_ids}
    untouched = [u.id for u in order.units if u.id in units and u.progress == UNTOUCHED and u.id not in asked]
    if not untouched:
        return order
    with run.carrying_out(intent), run.progress(_received, len(untouched)) as done:
        return run.afosto.receive_items(order.id, untouched, done=done)


def _require_landed(run: Run, intent: Intent[B], order: afosto.Order, units: Sequence[str]) -> None:
    """After a lost answer: raise Wait while a unit was not touched and the call may still land.

    Once it can no longer land, the call is made again for the units that were not touched.
    """
    asked = {item for action in order.actions for item in action.item_ids}
    touched = {u.id for u in order.units if u.progress != UNTOUCHED or u.contra_id or u.id in asked}
    if any(unit not in touched for unit in units):
        require_certain(intent)
        run.renew_intent(intent)


def _canceled(units: str) -> Phrase:
    return phrase("canceled %(units)s", units=units)


def _received(units: str) -> Phrase:
    return phrase("received %(units)s", units=units)


def _lines(order: afosto.Order) -> dict[str, str]:
    return {unit.id: unit.line_ref or "" for unit in order.units}
