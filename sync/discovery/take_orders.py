"""Processes the orders that a poll has read, one by one: the jobs each requests, or why it cannot be processed."""

from collections.abc import Sequence
from dataclasses import dataclass

from jobs.store_health import words_of
from ledger.orders.unreadable_orders import Malformed, digest
from ledger.records import JobRequest, SeenOrder, Store
from ledger.stock.sold_units import countable
from schemas.advice import RETRY_FIXED_VERSION
from schemas.epages import Order, OrderRow
from schemas.errors import MalformedDocument, NeedsPerson
from schemas.mapping.stock import SoldLine
from schemas.wording.phrases import phrase
from schemas.wording.store_advice import UNFORESEEN
from sync.discovery.job_requests import job_requests, seen


@dataclass(frozen=True, slots=True)
class Taken:
    """The result for one order: what is remembered of it, the jobs it requests, and its lines for the stock."""

    order: SeenOrder
    job_requests: Sequence[JobRequest]
    sold_lines: Sequence[SoldLine]


def take_all(store: Store, orders: list[Order], unread: list[OrderRow]) -> tuple[list[Taken], list[Malformed]]:
    """Process the orders; each order that fails is parked by its id.

    If several errors occur and no order succeeds, the orders are not the cause: the first error is raised.
    """
    taken, broken, errors = list[Taken](), list[Malformed](), list[Exception]()
    for row in unread:
        if row.unforeseen:
            errors.append(row.unforeseen)
        broken.append(_unforeseen(row.id, row.number, row.unforeseen) if row.unforeseen else _malformed(row))
    for order in orders:
        try:
            asked = [] if order.test_order else job_requests(order, store)
            taken.append(Taken(seen(order), asked, countable(store, [order])))
        except NeedsPerson as error:
            broken.append(Malformed(order.id, order.number, digest(error.reason, str(error)), error))
        except Exception as error:  # noqa: BLE001 - any bug of ours with one order
            errors.append(error)
            broken.append(_unforeseen(order.id, order.number, error))
    if len(errors) > 1 and not taken:
        raise errors[0]
    return taken, broken


def _unforeseen(order_id: str, number: str | None, error: Exception) -> Malformed:
    parked = NeedsPerson(
        phrase("order %(order)s cannot be processed: %(error)s", order=number or order_id, error=words_of(error)),
        reason=UNFORESEEN,
        resolution=RETRY_FIXED_VERSION(reason=UNFORESEEN),
    )
    parked.__cause__ = error
    return Malformed(order_id, number, digest(UNFORESEEN, type(error).__name__), parked)


def _malformed(row: OrderRow) -> Malformed:
    field = row.field or "?"
    error = MalformedDocument(
        phrase("order %(order)s does not load: %(why)s", order=row.number or row.id, why=row.message),
        field=field,
    )
    return Malformed(row.id, row.number, digest(field, row.message or ""), error)
