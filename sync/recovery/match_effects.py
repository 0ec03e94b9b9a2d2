"""The first look at an order after a restore of the database: links what both sides did since the backup."""

from collections import Counter
from collections.abc import Iterable

from clients.scopes import missing_scopes
from jobs.run import Run
from ledger.orders.links import NewLink
from schemas import afosto, epages
from schemas.mapping.progress.afosto_news import RETURN_STATUS, Known
from schemas.mapping.progress.same_effects import matched_cancellations, matched_returns, matched_shipments
from schemas.wording.lists import Count, counted
from schemas.wording.phrases import phrase
from sync.exports.both_sides import known
from sync.order_guards import canceled_before, counts_by_line, restart_run


def match_effects(run: Run, order: afosto.Order) -> None:
    """Link what was carried over and is unknown to this database; then the order needs no recovery any more.

    The shop is asked only if Afosto has something that no link accounts for. Raises Wait when something was linked: the
    next look starts with these links. Raises Drift.
    """
    accounted = known(run, order)
    canceled, back, parcels = _canceled(order, accounted), _back(order, accounted), _parcels(order, accounted)
    links: list[NewLink] = []
    if canceled or back or parcels:
        shop = run.epages.order(run.order_id)
        links = [*_cancellations(run, shop, order, canceled), *_returns(run, shop, back)]
        links += _shipments(run, shop, order, parcels)
    run.bind(links)
    run.ledger.restores.mark_recovered(run.store.name, run.order_id)
    if links:
        for units in _counts(links):
            run.note(phrase("linked what both sides had done before the restore: %(units)s", units=units))
        raise restart_run(phrase("what was done before the restore is linked"))


def _canceled(order: afosto.Order, accounted: Known) -> list[afosto.Unit]:
    return [unit for unit in order.units if unit.progress == "CANCELLED" and unit.contra_id not in accounted.canceled]


def _back(order: afosto.Order, accounted: Known) -> list[afosto.Unit]:
    return [unit for unit in order.units if unit.progress in RETURN_STATUS and unit.id not in accounted.returned]


def _parcels(order: afosto.Order, accounted: Known) -> list[afosto.Parcel]:
    foreign = {unit.id for unit in order.units if unit.line_ref is None}
    return [p for p in order.parcels if p.id not in accounted.parcels and not foreign.intersection(p.unit_ids)]


def _cancellations(run: Run, shop: epages.Order, order: afosto.Order, canceled: list[afosto.Unit]) -> list[NewLink]:
    links = run.links_at_claim("cancellation")
    carried_over = counts_by_line(links, "epages")
    for line_id, count in counts_by_line(links, "afosto").items():
        carried_over[line_id] = carried_over.get(line_id, 0) + count
    paired = matched_cancellations(shop, canceled, carried_over, canceled_before(shop, order))
    return [
        NewLink("cancellation", afosto_id=contra, line_id=line_id, written_by="afosto")
        for contra, line_id in paired.items()
    ]


def _returns(run: Run, shop: epages.Order, back: list[afosto.Unit]) -> list[NewLink]:
    carried_over: dict[tuple[str, str], int] = {}
    for link in run.links_at_claim("return"):
        key = (link.line_id or "", link.stage)
        carried_over[key] = carried_over.get(key, 0) + link.quantity
    return [
        NewLink("return", afosto_id=unit.id, line_id=unit.line_id, written_by="afosto", stage=unit.status)
        for unit in matched_returns(shop, back, carried_over)
    ]


def _shipments(run: Run, shop: epages.Order, order: afosto.Order, parcels: list[afosto.Parcel]) -> list[NewLink]:
    """A pickup is one process in the shop: it is linked to the first parcel. The export moves it on later."""
    if not parcels or missing_scopes("shipments.import", run.store.scopes):
        return []
    linked = {link.epages_id for link in run.links_at_claim("parcel")}
    processes = run.epages.processes(run.order_id, "pickups" if shop.is_pickup else "shippings")
    free = [process for process in processes if process.id not in linked]
    if shop.is_pickup:
        first = free[0].id if free else None
        pairs = [(parcel, None if at else first) for at, parcel in enumerate(parcels)] if processes else []
    else:
        same = matched_shipments(free, parcels, order)
        _note_codes(run, same)
        pairs = [(parcel, process.id) for parcel, process in same]
    return [
        NewLink("parcel", parcel.id, process, quantity=len(parcel.unit_ids), written_by="afosto", stage="created")
        for parcel, process in pairs
    ]


def _note_codes(run: Run, same: Iterable[tuple[afosto.Parcel, epages.Process]]) -> None:
    for parcel, process in same:
        here, there = process.tracking_code or "none", parcel.tracking_code or "none"
        if here != there:
            run.note(
                phrase(
                    "parcel %(parcel)s and process %(process)s have the same pieces, with the codes "
                    "%(afosto_code)s and %(shop_code)s",
                    parcel=parcel.id,
                    process=process.id,
                    afosto_code=there,
                    shop_code=here,
                )
            )


def _counts(links: list[NewLink]) -> list[Count]:
    found = Counter(link.kind for link in links)
    nouns = {
        "cancellation": counted(found["cancellation"], "cancellation"),
        "parcel": counted(found["parcel"], "parcel"),
        "return": counted(found["return"], "return"),
    }
    return [count for kind, count in nouns.items() if found[kind]]
