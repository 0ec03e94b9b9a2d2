"""Makes shipping or pickup processes in the shop for parcels of Afosto, and moves them on as the parcels move."""

from collections import Counter
from collections.abc import Mapping, Sequence

from jobs.run import Run
from ledger.orders.links import NewLink
from ledger.records import Intent
from schemas import afosto, epages
from schemas.errors import NeedsPerson
from schemas.intents import IntentKind, ShopMailIntent, ShopParcelIntent, ShopPickupIntent
from schemas.mapping.progress.afosto_news import parcels_ahead
from schemas.mapping.progress.shipments import (
    RANK,
    fits_until_canceled,
    parcel_lines,
    require_known_status,
    same_shipment,
)
from schemas.reasons import Reason
from schemas.wording.lists import counted
from schemas.wording.phrases import Phrase, phrase
from sync.exports.both_sides import canceled_only_in_afosto, import_again, known, landed, marker, require_permitted
from sync.exports.pickups import export_pickup, resolve_pickup
from sync.exports.shipped_and_delivered import move_on, resolve_mail
from sync.order_guards import opened_order, read_order, require_job, restart_run

# The intents that this flow records, in the order in which they are resolved.
_OWN_INTENTS = (IntentKind.SHOP_PARCEL, IntentKind.SHOP_PICKUP, IntentKind.SHOP_MAIL)


def export_shipments(run: Run) -> Phrase:
    """Bring the shop's processes in line with Afosto's parcels: each parcel that left has exactly one process."""
    require_permitted(run, "shipments.export", imports=IntentKind.PARCEL)
    link = opened_order(run)
    order = read_order(run, link)
    ahead = parcels_ahead(order, known(run, order))
    unsure = any(map(run.stored_intent, _OWN_INTENTS))
    if not ahead and not unsure:
        return phrase("no parcel is further on than the shop knows")
    shop = run.epages.order(run.order_id)
    processes = run.epages.processes(run.order_id, "pickups" if shop.is_pickup else "shippings")
    if resolved := _resolve(run, processes):
        raise restart_run(resolved)
    if shop.is_pickup:
        return export_pickup(run, order, processes)
    here = _Shop(shop, processes, {link.afosto_id: link.epages_id for link in run.links_at_claim("parcel")})
    moved = [_move(run, here, order, parcel) for parcel in sorted(ahead, key=_unknown_last)]
    return phrase(
        "%(moved)s of %(parcels)s moved on in the shop", moved=sum(moved), parcels=counted(len(ahead), "parcel")
    )


class _Shop:
    """What the shop has of the order. It is updated after each parcel."""

    def __init__(
        self, order: epages.Order, processes: Sequence[epages.Process], linked: Mapping[str, str | None]
    ) -> None:
        self.order = order
        self.processes = processes
        self.linked = dict(linked)
        self.unshipped = {line.id: line.unshipped for line in order.lines}

    def free(self, lines: Mapping[str, int]) -> list[epages.Process]:
        """The processes of this content that are linked to no parcel yet."""
        taken = self.linked.values()
        return [p for p in self.processes if p.id not in taken and same_shipment(p, lines)]

    def can_ship(self, lines: Mapping[str, int]) -> bool:
        """Whether the shop still has these pieces to ship."""
        return all(count <= self.unshipped.get(line_id, 0) for line_id, count in lines.items())

    def link(self, parcel: afosto.Parcel, process: epages.Process) -> None:
        """Note that a process is linked to a parcel."""
        self.linked[parcel.id] = process.id

    def ship(self, lines: Mapping[str, int]) -> None:
        """Note that these pieces were shipped."""
        for line_id, count in lines.items():
            self.unshipped[line_id] = self.unshipped.get(line_id, 0) - count


def _unknown_last(parcel: afosto.Parcel) -> bool:
    return parcel.status not in RANK


def _move(run: Run, here: _Shop, order: afosto.Order, parcel: afosto.Parcel) -> bool:
    require_known_status(parcel)
    return move_on(run, parcel, _process(run, here, order, parcel))


def _process(run: Run, here: _Shop, order: afosto.Order, parcel: afosto.Parcel) -> epages.Process:
    """Return the process of a parcel: the linked one, one that the shop made for the same shipment, or a new one."""
    if parcel.id in here.linked:
        return _linked(run, parcel, here.linked[parcel.id], here.processes)
    lines = parcel_lines(parcel, order)
    free = here.free(lines)
    own = next((p for p in free if p.tracking_code and p.tracking_code == parcel.tracking_code), None)
    if own is None and free:
        _require_cancellations(run, here, order, lines)
    if own is None and not here.can_ship(lines):
        # A process that is not shipped yet can still take the parcel's tracking code.
        own = next((p for p in free if "mark-shipped" in p.moves), next(iter(free), None))
        if own is None:
            raise _conflict(run, here.order, parcel)
    if own is not None:
        here.link(parcel, own)
        run.note(
            phrase(
                "the shop had made the process %(process)s for parcel %(parcel)s by itself",
                process=own.id,
                parcel=parcel.name,
            )
        )
        run.bind([_link(parcel, own)])
        import_again(run, "shipments")
        return own
    process = _create(run, parcel, lines, here.processes)
    here.link(parcel, process)
    here.ship(lines)
    return process


def _require_cancellations(run: Run, here: _Shop, order: afosto.Order, lines: Mapping[str, int]) -> None:
    """Raise Wait while only a cancellation shows whether a parcel and a process of the shop are one shipment.

    They are one when the shop has no pieces left for another (docs/decisions/0003); what Afosto canceled is not left.
    """
    canceled = Counter(unit.line_ref or "" for unit in canceled_only_in_afosto(run, order))
    if fits_until_canceled(lines, here.unshipped, canceled):
        require_job(run, "cancellations", phrase("what is canceled in Afosto must be canceled in the shop first"))


def _linked(
    run: Run, parcel: afosto.Parcel, process_id: str | None, processes: Sequence[epages.Process]
) -> epages.Process:
    process = next((p for p in processes if p.id == process_id), None)
    if process is None:
        raise NeedsPerson(
            phrase(
                "the shop's process %(process)s of parcel %(parcel)s of order %(order)s is gone",
                process=process_id,
                parcel=parcel.name,
                order=run.order_id,
            ),
            reason=Reason.PROCESS_GONE,
            resolution=phrase("Find out who removed it in the shop; drop the job if that was meant."),
        )
    return process


def _create(
    run: Run, parcel: afosto.Parcel, lines: Mapping[str, int], processes: Sequence[epages.Process]
) -> epages.Process:
    baseline = [process.id for process in processes]
    code, url = parcel.tracking_code, parcel.tracking_url
    with run.recorded(ShopParcelIntent(parcel.id, lines, code, tuple(baseline))) as intent:
        process = run.epages.create_shipping(run.order_id, lines, marker(run), code, url)
    run.note(phrase("made the shipping process %(process)s in the shop", process=process.id))
    run.resolve_intent(intent, "done", [_link(parcel, process)])
    return process


def _resolve(run: Run, processes: Sequence[epages.Process]) -> Phrase | None:
    """Resolve one open intent of an earlier run, and say what became of it; None when there is none."""
    if making := run.open_intent(ShopParcelIntent):
        return _resolve_parcel(run, making, processes)
    if laying_out := run.open_intent(ShopPickupIntent):
        return resolve_pickup(run, laying_out, processes)
    if mailing := run.open_intent(ShopMailIntent):
        return resolve_mail(run, mailing, processes)
    return None


def _resolve_parcel(run: Run, intent: Intent[ShopParcelIntent], processes: Sequence[epages.Process]) -> Phrase:
    sent = intent.body
    same = [p for p in processes if same_shipment(p, sent.lines) and (p.tracking_code or None) == (sent.code or None)]
    process = landed(run, intent, same, "shippings")
    if process is None:
        run.resolve_intent(intent, "did not land")
        return phrase("the shipment did not land and is made again")
    quantity = sum(sent.lines.values())
    link = NewLink("parcel", sent.parcel, process.id, quantity=quantity, written_by="afosto", stage="created")
    run.resolve_intent(intent, "adopted", [link])
    return phrase("the shipment had landed as process %(process)s", process=process.id)


def _link(parcel: afosto.Parcel, process: epages.Process) -> NewLink:
    quantity = len(parcel.unit_ids)
    return NewLink("parcel", parcel.id, process.id, quantity=quantity, written_by="afosto", stage="created")


def _conflict(run: Run, shop: epages.Order, parcel: afosto.Parcel) -> NeedsPerson:
    return NeedsPerson(
        phrase(
            "Parcel %(parcel)s of order %(order)s (%(id)s) of %(store)s left Afosto with pieces that the "
            "shop has shipped or canceled already.",
            parcel=parcel.name,
            order=shop.number,
            id=shop.id,
            store=run.store.name,
        ),
        reason=Reason.SHIP_CONFLICT,
        resolution=phrase(
            "Look at the order on both sides and correct by hand what they did to the same units; then retry the job."
        ),
    )
