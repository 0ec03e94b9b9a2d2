"""Calls about an order's processes: shipping, pickup, cancellation and return."""

from collections.abc import Mapping, Sequence

from clients.epages.calls import Calls, escaped
from clients.epages.orders import order_path
from clients.status_errors import answer_to_effect
from schemas.epages import Process, ProcessLine, load_process, load_process_comments, load_processes
from schemas.values.loading import unique_by_id

PROCESS_PAGE = 100  # processes of one order per request


class ProcessCalls(Calls):
    """The calls about an order's processes."""

    def processes(self, order_id: str, kind: str) -> tuple[Process, ...]:
        """Return all processes of an order; `kind` is shippings, pickups, returns or cancellations."""
        pages = self._all(f"{order_path(order_id)}/processes/{kind}", PROCESS_PAGE)
        return unique_by_id(process for page in pages for process in load_processes(kind, page))

    def comments(self, order_id: str, kind: str) -> Mapping[str, str]:
        """Return process id → comment; `kind` is returns or cancellations. Only events have comments (scope orde:r)."""
        found: dict[str, str] = {}
        for page in self._all(f"{order_path(order_id)}/events", PROCESS_PAGE):
            found |= load_process_comments(kind, page)
        return found

    def create_cancellation(self, order_id: str, lines: Mapping[str, int], comment: str) -> Process:
        """Cancel pieces (line id → number); the shop starts a refund on its own."""
        items = [{"productLineItemId": line_id, "quantity": count} for line_id, count in lines.items()]
        return self._create(order_id, "cancelations", {"comment": comment, "lineItems": items})

    def create_return(
        self,
        order_id: str,
        lines: Sequence[ProcessLine],
        comment: str,
        *,
        brought_by: tuple[str, str] | None,
        fee: Mapping[str, object] | None,
    ) -> Process:
        """Return pieces; the shop starts a refund on its own. `brought_by` is the (kind, id) of their delivery process.

        `fee` is the shipping or pickup price to refund as well, in the shop's form of an amount. No mail is sent.
        """
        kind, process_id = brought_by or ("", None)
        items = [
            {"productLineItemId": line.line_id, "quantity": line.quantity, "status": line.status} for line in lines
        ]
        body = {
            "comment": comment,
            "sendMail": False,
            "lineItems": items,
            "shippingPriceRefund": fee if kind != "pickups" else None,
            "pickupPriceRefund": fee if kind == "pickups" else None,
            "shippingProcessId": process_id if kind == "shippings" else None,
            "pickupProcessId": process_id if kind == "pickups" else None,
        }
        return self._create(order_id, "returns", body)

    def create_shipping(
        self, order_id: str, lines: Mapping[str, int], comment: str, code: str | None, link: str | None
    ) -> Process:
        """Create a parcel with pieces (line id → number); it is PENDING, and no mail is sent."""
        items = [{"productLineItemId": line_id, "quantity": count} for line_id, count in lines.items()]
        tracking = {"trackingCode": code, "trackingLink": link}
        body = {"comment": comment, "sendMail": False, "createPackingSlip": False, **tracking, "lineItems": items}
        return self._create(order_id, "shippings", body)

    def create_pickup(self, order_id: str, comment: str, *, mail: bool) -> Process:
        """Make a whole order ready for pickup; with `mail`, the buyer gets a mail."""
        return self._create(order_id, "pickups", {"comment": comment, "sendMail": mail, "createPackingSlip": False})

    def mark_shipped(
        self, order_id: str, process_id: str, comment: str, code: str | None, link: str | None, *, mail: bool
    ) -> Process:
        """Mark a parcel as shipped; with `mail`, the buyer gets a mail with the tracking code."""
        details = {"sendMail": mail, "trackingCode": code, "trackingLink": link}
        return self._mark(order_id, "shippings", process_id, "mark-shipped", {"comment": comment, "details": details})

    def mark_delivered(self, order_id: str, process_id: str, comment: str) -> Process:
        """Mark a parcel as delivered."""
        return self._mark(order_id, "shippings", process_id, "mark-delivered", {"comment": comment})

    def mark_picked_up(self, order_id: str, process_id: str, comment: str) -> Process:
        """Mark a pickup order as collected by the buyer; no mail is sent."""
        body = {"comment": comment, "sendMail": False}
        return self._mark(order_id, "pickups", process_id, "mark-picked-up", body)

    def _create(self, order_id: str, kind: str, body: Mapping[str, object]) -> Process:
        return self._changed(kind, f"{order_path(order_id)}/processes/{kind}", body)

    def _mark(self, order_id: str, kind: str, process_id: str, move: str, body: Mapping[str, object]) -> Process:
        return self._changed(kind, f"{order_path(order_id)}/processes/{kind}/{escaped(process_id)}/{move}", body)

    def _changed(self, kind: str, path: str, body: Mapping[str, object]) -> Process:
        answer = self._post(path, body)
        with answer_to_effect(answer.request):
            return load_process(kind, answer.document)
