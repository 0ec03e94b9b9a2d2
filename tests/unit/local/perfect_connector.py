"""A connector without faults for tests of the proof: it carries changes between a shop and Afosto in one process.

It works on both simulators directly and meets no failures; the proof must find no difference in what it does.
"""

from collections import Counter

from simulators.afosto.activity import merchant as afosto
from simulators.afosto.tenant import cancellations_and_returns, orders, parcels
from simulators.afosto.tenant.model import Order as AfostoOrder
from simulators.afosto.tenant.model import Parcel, Unit
from simulators.afosto.tenant.tenant import Tenant
from simulators.epages.model.causes import Act
from simulators.epages.model.orders import Line, Order
from simulators.epages.model.processes import Part, Process
from simulators.epages.shop import cancellations_and_returns as shop_reversals
from simulators.epages.shop import fulfillment
from simulators.epages.shop.fulfillment import Tracking
from simulators.epages.shop.shop import Shop

BY_CONNECTOR, WITH_MAIL = Act("connector"), Act("connector", mail=True)
IN_AFOSTO = {"SHIPPED": "IN_TRANSIT", "READY_FOR_PICKUP": "READY_TO_COLLECT"}
IN_AFOSTO |= {"DELIVERED": "DELIVERED", "PICKED_UP": "DELIVERED"}
IN_SHOP = {"RESTOCKED": "RETURNED", "RETURNED": "RETURNED", "REJECTED": "BROKEN"}


class PerfectConnector:
    """Call `run` to carry over all changes; after it both sides agree as far as they can."""

    def __init__(self, shop: Shop, tenant: Tenant) -> None:
        self._shop, self._tenant = shop, tenant
        self._afosto_orders: dict[str, AfostoOrder] = {}
        self._parcels: dict[str, Parcel] = {}
        self._carried: set[str] = set()
        self._canceled_in_shop: Counter[str] = Counter()
        self._returned_in_shop: Counter[tuple[str, str]] = Counter()

    def run(self) -> None:
        """Carry over all changes."""
        for order in list(self._shop.orders.values()):
            if order.id not in self._afosto_orders and not (order.test or order.canceled):
                self._open(order)
            if order.id in self._afosto_orders:
                self._carry(order, self._afosto_orders[order.id])

    def _open(self, order: Order) -> None:
        wanted = {line.id: line.quantity for line in order.lines}
        places = [{"type": "LOCATION", "location_id": "shop"}] if order.is_pickup else []
        draft = {
            "channel_id": "web",
            "currency": "EUR",
            "meta_data": {"reference": f"{self._shop.name}/{order.id}", "units": wanted},
            "delivery": {"addresses": places},
        }
        afosto_order = orders.create_order(self._tenant, "connector", draft)
        items = [
            {"sku": line.item.sku, "quantity": line.quantity, "price": 1, "meta_data": {"line_ref": line.id}}
            for line in order.lines
            if line.quantity
        ]
        orders.add_items(self._tenant, "connector", afosto_order.id, items)
        self._afosto_orders[order.id] = orders.open_order(self._tenant, "connector", afosto_order.id)
        self._canceled_in_shop.update({line.id: line.canceled for line in order.lines})

    def _carry(self, order: Order, afosto_order: AfostoOrder) -> None:
        self._cancel_in_afosto(order, afosto_order)
        self._cancel_in_shop(order, afosto_order)
        self._ship_in_afosto(order, afosto_order)
        self._ship_in_shop(order, afosto_order)
        self._advance(order)
        self._return_in_afosto(order, afosto_order)
        self._return_in_shop(order, afosto_order)

    def _cancel_in_afosto(self, order: Order, afosto_order: AfostoOrder) -> None:
        for line in order.lines:
            need = line.canceled - self._canceled_in_shop[line.id]
            units = _of(line, afosto.untouched(afosto_order))[:need]
            # What Afosto has canceled as well is one cancellation, so nothing is carried over for it.
            self._canceled_in_shop[line.id] = line.canceled
            if units:
                cancellations_and_returns.cancel(
                    self._tenant, "connector", afosto_order.id, [(unit.id, None) for unit in units]
                )
                ids = [unit.action_id for unit in units]
                cancellations_and_returns.approve(self._tenant, "connector", afosto_order.id, ids, is_refund=False)
                cancellations_and_returns.restock(self._tenant, "connector", afosto_order.id, ids, None)
                cancellations_and_returns.finish(self._tenant, "connector", afosto_order.id, ids)
                self._carried.update(unit.id for unit in units)

    def _cancel_in_shop(self, order: Order, afosto_order: AfostoOrder) -> None:
        news = [u for u in afosto_order.units if u.progress == "CANCELLED" and u.id not in self._carried]
        parts = [Part(line.id, min(len(_of(line, news)), line.open)) for line in order.lines]
        parts = [part for part in parts if part.quantity]
        if not parts or _is_forbidden(order, parts):
            return
        shop_reversals.create_cancelation(self._shop, order, parts, BY_CONNECTOR)
        self._canceled_in_shop.update({part.line_id: part.quantity for part in parts})
        self._carried.update(unit.id for unit in news)

    def _ship_in_afosto(self, order: Order, afosto_order: AfostoOrder) -> None:
        for process in order.processes:
            if process.by == "shop" and process.status in IN_AFOSTO and process.id not in self._parcels:
                units = [
                    unit
                    for line, part in fulfillment.lines_of(order, process)
                    for unit in _of(line, afosto.untouched(afosto_order))[: part.quantity]
                ]
                ids = [unit.id for unit in units]
                if len(ids) == sum(part.quantity for part in process.parts):
                    parcel = parcels.add_track_trace(
                        self._tenant, "connector", ids, process.tracking_code, process.tracking_link, None
                    )
                    self._parcels[process.id] = parcel

    def _ship_in_shop(self, order: Order, afosto_order: AfostoOrder) -> None:
        known = {parcel.id for parcel in self._parcels.values()}
        for parcel in afosto_order.parcels:
            if parcel.id in known or parcel.status in ("OPEN", "ANNOUNCED"):
                continue
            pieces = Counter(unit.line.meta_data["line_ref"] for unit in parcel.units)
            process = self._process(order, parcel, pieces)
            if process:
                self._parcels[process.id] = parcel

    def _process(self, order: Order, parcel: Parcel, pieces: Counter[str]) -> Process | None:
        if any(pieces[line.id] > line.open for line in order.lines):
            return self._made_by_the_shop(order, pieces)
        if order.is_pickup:
            return fulfillment.create_pickup(self._shop, order, WITH_MAIL)
        parts = [Part(line_id, quantity) for line_id, quantity in pieces.items()]
        tracking = Tracking(parcel.track_trace_code, parcel.track_trace_url)
        process = fulfillment.create_shipping(self._shop, order, parts, BY_CONNECTOR, tracking)
        fulfillment.mark_shipped(self._shop, order, process, WITH_MAIL)
        return process

    def _made_by_the_shop(self, order: Order, pieces: Counter[str]) -> Process | None:
        """Return the shop's own process with exactly these pieces: both sides sent them, which is one shipment."""
        for process in order.processes:
            packed = Counter({part.line_id: part.quantity for part in process.parts})
            if process.kind == "shippings" and process.id not in self._parcels and packed == pieces:
                return process
        return None

    def _advance(self, order: Order) -> None:
        for process in order.processes:
            parcel = self._parcels.get(process.id)
            if not parcel:
                continue
            wanted = IN_AFOSTO[process.status or ""]
            if parcel.status == "DELIVERED" and wanted != "DELIVERED":
                move = fulfillment.mark_picked_up if order.is_pickup else fulfillment.mark_delivered
                move(self._shop, order, process, BY_CONNECTOR)
            elif parcel.status != wanted:
                parcels.set_status(self._tenant, "connector", parcel.id, wanted)

    def _return_in_afosto(self, order: Order, afosto_order: AfostoOrder) -> None:
        for line in order.lines:
            for state, count in (("RETURNED", line.returned), ("BROKEN", line.broken)):
                need = count - self._returned_in_shop[line.id, state]
                out = [
                    u
                    for u in afosto_order.units
                    if u.parcel and u.parcel.status != "ANNOUNCED" and u.progress == "OPEN"
                ]
                units = [unit.id for unit in _of(line, out)[:need]]
                if units:
                    self._take_back(afosto_order, units, restock=state == "RETURNED")
                    self._returned_in_shop[line.id, state] += len(units)

    def _take_back(self, afosto_order: AfostoOrder, units: list[str], *, restock: bool) -> None:
        cancellations_and_returns.receive(self._tenant, "connector", afosto_order.id, units)
        cancellations_and_returns.approve(self._tenant, "connector", afosto_order.id, units, is_refund=False)
        if restock:
            cancellations_and_returns.restock(self._tenant, "connector", afosto_order.id, units, None)
        cancellations_and_returns.finish(self._tenant, "connector", afosto_order.id, units)
        self._carried.update(units)

    def _return_in_shop(self, order: Order, afosto_order: AfostoOrder) -> None:
        """Create one return per process that had brought pieces, or a single one if partial returns are not allowed."""
        news = [u for u in afosto_order.units if u.progress in IN_SHOP and u.id not in self._carried]
        for process in order.processes:
            parcel = self._parcels.get(process.id)
            units = [u for u in news if u.parcel is parcel or _takes_all_or_none(order)]
            units = [unit for unit in units if unit.id not in self._carried]
            pieces = Counter((unit.line.meta_data["line_ref"], IN_SHOP[unit.progress]) for unit in units)
            parts = [Part(line_id, quantity, state) for (line_id, state), quantity in pieces.items()]
            if parcel and parts and _is_returnable(order, parts) and not _is_forbidden(order, parts):
                shop_reversals.create_return(self._shop, order, parts, BY_CONNECTOR, process, order.delivery_fee)
                self._returned_in_shop.update(pieces)
                self._carried.update(unit.id for unit in units)


def _of(line: Line, units: list[Unit]) -> list[Unit]:
    return [unit for unit in units if unit.line.meta_data["line_ref"] == line.id]


def _is_returnable(order: Order, parts: list[Part]) -> bool:
    return all(sum(p.quantity for p in parts if p.line_id == n.id) <= n.returnable for n in order.lines)


def _is_forbidden(order: Order, parts: list[Part]) -> bool:
    whole = all(sum(p.quantity for p in parts if p.line_id == n.id) >= n.quantity for n in order.lines)
    return _takes_all_or_none(order) and not whole


def _takes_all_or_none(order: Order) -> bool:
    return order.payment_method.refund == "FULL_REFUND_ONLY"
