"""Calls about whole orders: list and read them, set their note, cancel them."""

from datetime import datetime
from typing import Any

from clients.epages.calls import Calls, escaped
from clients.response_headers import served_at
from schemas.epages import Order, OrderPage, format_time, load_order, load_order_page


class OrderCalls(Calls):
    """The calls about whole orders."""

    def orders(
        self,
        *,
        created_after: datetime | None = None,
        created_before: datetime | None = None,
        updated_after: datetime | None = None,
        updated_before: datetime | None = None,
        size: int = 200,
        page: int = 0,
    ) -> OrderPage:
        """Return one page of orders. Filters are cut to seconds; whether bounds are included is not documented."""
        bounds = {
            "createdAfter": created_after,
            "createdBefore": created_before,
            "updatedAfter": updated_after,
            "updatedBefore": updated_before,
        }
        filters = {name: format_time(at.replace(microsecond=0)) for name, at in bounds.items() if at is not None}
        answer = self._get("/orders", {**filters, "size": str(size), "page": str(page)})
        return load_order_page(answer.document, served_at(answer.headers))

    def order(self, order_id: str) -> Order:
        """Return one order as it is now."""
        return load_order(self.order_document(order_id))

    def order_document(self, order_id: str) -> Any:
        """Return one order as it is now, in the shop's own JSON."""
        return self._get(order_path(order_id)).document

    def set_note(self, order_id: str, note: str) -> None:
        """Replace the merchant's note on an order (ordr:u). The call is documented, the longest note is not."""
        self._send("PUT", f"{order_path(order_id)}/order-note", None, {"orderNote": note})

    def cancel(self, order_id: str, comment: str) -> None:
        """Cancel all that is left of an order."""
        self._post(f"{order_path(order_id)}/cancel", {"comment": comment})


def order_path(order_id: str) -> str:
    """Return the path of an order."""
    return f"/orders/{escaped(order_id)}"
