"""Exports orders that buyers collect: one pickup process in the shop once the whole order is ready in Afosto."""

from collections.abc import Sequence

from jobs.run import Run
from ledger.orders.links import NewLink
from ledger.records import Intent
from schemas import afosto, epages
from schemas.errors import AnswerLost, RetryLater
from schemas.intents import ShopPickupIntent
from schemas.mapping.progress.afosto_news import parcels_ahead
from schemas.mapping.progress.shipments import require_known_status
from schemas.wording.lists import counted
from schemas.wording.phrases import Phrase, phrase
from sync.exports.both_sides import canceled_only_in_afosto, import_again, known, marker
from sync.order_guards import require_certain, require_job

# While a parcel is on its way to the location, the order is not ready.
READY_TO_COLLECT = "READY_TO_COLLECT"
READY = frozenset({READY_TO_COLLECT, "DELIVERED"})
PICKED_UP = "PICKED_UP"  # the shop's status of a pickup that was collected


def export_pickup(run: Run, order: afosto.Order, processes: Sequence[epages.Process]) -> Phrase:
    """Make the pickup process when every unit is ready, and mark it picked up when every parcel was collected."""
    for parcel in parcels_ahead(order, known(run, order)):
        require_known_status(parcel)
    ready = [parcel for parcel in order.parcels if parcel.status in READY]
    packed = {unit_id for parcel in ready for unit_id in parcel.unit_ids}
    missing = [unit for unit in order.units if unit.progress == "OPEN" and unit.id not in packed]
    if missing:
        # The shop has no pickup of a part of an order.
        return phrase(
            "%(units)s not ready yet; the shop lays out the order as a whole", units=counted(len(missing), "unit")
        )
    if not processes:
        _require_cancellations(run, order)
    process = processes[0] if processes else _create(run)
    if _link_all(run, ready, process) and processes:
        # Both sides had made the pickup: the import that could not carry it over has nothing left to do.
        import_again(run, "shipments")
    if all(parcel.status == "DELIVERED" for parcel in ready) and "mark-picked-up" in process.moves:
        process = _mark_picked_up(run, process)
    # A parcel that was collected stays ahead of the shop until all parcels were.
    collected = process.status == PICKED_UP
    run.links.note_parcels(run.store.name, {p.id: p.status if collected else READY_TO_COLLECT for p in ready})
    return phrase("the shop's pickup process is %(status)s", status=process.status)


def _require_cancellations(run: Run, order: afosto.Order) -> None:
    """Raise Wait while the shop's pickup would contain units that were canceled in Afosto: it has the whole order."""
    if left := canceled_only_in_afosto(run, order):
        pieces = counted(len(left), "unit")
        require_job(
            run,
            "cancellations",
            phrase("%(units)s canceled in Afosto must be canceled in the shop first", units=pieces),
        )


def resolve_pickup(run: Run, intent: Intent[ShopPickupIntent], processes: Sequence[epages.Process]) -> Phrase:
    """The answer to the create call was lost: an order has one pickup, so the shop's list shows whether it landed."""
    if not processes:
        require_certain(intent)
    run.resolve_intent(intent, "looked")
    return phrase("the shop has %(count)s pickup processes of the order", count=len(processes))


def _create(run: Run) -> epages.Process:
    mail = run.store.notify_buyers
    with run.recorded(ShopPickupIntent()) as intent:
        process = run.epages.create_pickup(run.order_id, marker(run), mail=mail)
    run.note(
        phrase("made the pickup process %(process)s in the shop, with a mail to the buyer", process=process.id)
        if mail
        else phrase("made the pickup process %(process)s in the shop", process=process.id)
    )
    run.resolve_intent(intent, "done")
    return process


def _link_all(run: Run, parcels: Sequence[afosto.Parcel], process: epages.Process) -> bool:
    """Link the first parcel to the process, and the others to none. Returns whether any parcel was new."""
    linked = {link.afosto_id: link.epages_id for link in run.links_at_claim("parcel")}
    taken = process.id in linked.values()
    links = []
    for parcel in parcels:
        if parcel.id not in linked:
            epages_id = None if taken else process.id
            quantity = len(parcel.unit_ids)
            links.append(
                NewLink("parcel", parcel.id, epages_id, quantity=quantity, written_by="afosto", stage="created")
            )
            taken = True
    if links:
        run.bind(links)
    return bool(links)


def _mark_picked_up(run: Run, process: epages.Process) -> epages.Process:
    try:
        moved = run.epages.mark_picked_up(run.order_id, process.id, marker(run))
    except AnswerLost as error:
        raise RetryLater(phrase("the answer to mark-picked-up was lost: %(error)s", error=error)) from error
    run.note(phrase("marked the order picked up"))
    return moved
