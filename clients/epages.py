"""The calls to an ePages Beyond shop that the connector makes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from clients.errors_table import Answer, NotFound, Unauthorized
from clients.headers import served_at
from clients.http import Http
from schemas.epages import (
    Availability,
    Location,
    Order,
    OrderPage,
    Process,
    ProcessLine,
    Product,
    Token,
    Variation,
    format_time,
    load_availability,
    load_locations,
    load_order,
    load_order_page,
    load_process,
    load_process_comments,
    load_processes,
    load_product,
    load_products,
    load_variations,
)

PROCESS_PAGE = 100  # processes of one order per request
PRODUCT_PAGE = 20  # products per request: few, as each may have variations that are asked for one by one
VARIATION_PAGE = 100  # variations of one product per request


class EpagesClient:
    """One shop. `token(fresh)` gives the access token, a new one when `fresh`: asked once after a 401."""

    def __init__(self, base_url: str, http: Http, token: Callable[[bool], Token]) -> None:
        self._base_url = base_url
        self._http = http
        self._token = token

    def scopes(self) -> frozenset[str]:
        """Return what the token may do."""
        return self._token(False).scopes

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
        """Return one page of whole orders. Filters are cut to seconds; nobody says whether they include their bound."""
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
        return load_order(self._get(_order(order_id)).document)

    def processes(self, order_id: str, kind: str) -> tuple[Process, ...]:
        """Return all processes of an order; `kind` is shippings, pickups, returns or cancelations."""
        pages = self._all(f"{_order(order_id)}/processes/{kind}", PROCESS_PAGE)
        return tuple(process for page in pages for process in load_processes(kind, page))

    def comments(self, order_id: str, kind: str) -> Mapping[str, str]:
        """Return process id → comment of an order's returns or cancelations; only events tell it (scope orde:r)."""
        found: dict[str, str] = {}
        for page in self._all(f"{_order(order_id)}/events", PROCESS_PAGE):
            found |= load_process_comments(kind, page)
        return found

    def set_note(self, order_id: str, note: str) -> None:
        """Replace the merchant's note on an order (ordr:u): documented, with an example; its length is not."""
        self._send("PUT", f"{_order(order_id)}/order-note", None, {"orderNote": note})

    def cancel(self, order_id: str, comment: str) -> None:
        """Cancel all that is left of an order."""
        self._post(f"{_order(order_id)}/cancel", {"comment": comment})

    def create_cancelation(self, order_id: str, lines: Mapping[str, int], comment: str) -> Process:
        """Cancel so many pieces of each line; the shop starts a refund by itself."""
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
        """Take pieces back, by the (kind, id) of the process that brought them; the shop starts a refund by itself.

        `fee` is the price of shipping or pickup to be paid back as well, as the shop writes amounts. No mail is sent.
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
        """Begin a parcel with so many pieces of each line; it is PENDING, and no mail is sent."""
        items = [{"productLineItemId": line_id, "quantity": count} for line_id, count in lines.items()]
        tracking = {"trackingCode": code, "trackingLink": link}
        body = {"comment": comment, "sendMail": False, "createPackingSlip": False, **tracking, "lineItems": items}
        return self._create(order_id, "shippings", body)

    def create_pickup(self, order_id: str, comment: str, *, mail: bool) -> Process:
        """Lay an order out for pickup, whole as always; a mail tells the buyer."""
        return self._create(order_id, "pickups", {"comment": comment, "sendMail": mail, "createPackingSlip": False})

    def mark_shipped(
        self, order_id: str, process_id: str, comment: str, code: str | None, link: str | None, *, mail: bool
    ) -> Process:
        """A parcel has left; the mail to the buyer has the tracking code."""
        details = {"sendMail": mail, "trackingCode": code, "trackingLink": link}
        return self._mark(order_id, "shippings", process_id, "mark-shipped", {"comment": comment, "details": details})

    def mark_delivered(self, order_id: str, process_id: str, comment: str) -> Process:
        """A parcel has arrived."""
        return self._mark(order_id, "shippings", process_id, "mark-delivered", {"comment": comment})

    def mark_picked_up(self, order_id: str, process_id: str, comment: str) -> Process:
        """The buyer has collected the order; no mail is sent."""
        body = {"comment": comment, "sendMail": False}
        return self._mark(order_id, "pickups", process_id, "mark-picked-up", body)

    def locations(self) -> tuple[Location, ...]:
        """Return the shop's locations (scope loca:r)."""
        return load_locations(self._get("/shop/locations").document)

    def find_product(self, sku: str) -> Product | None:
        """Return the product with this SKU, or None; whether variations are found so is not documented (prod:r)."""
        try:
            return load_product(self._get("/products/search/find-by-sku", {"sku": sku}).document)
        except NotFound:
            return None

    def products(self, page: int) -> tuple[tuple[Product, ...], int]:
        """Return one page of the catalogue and how many pages there are (prod:r)."""
        document = self._get("/products", _paging(page, PRODUCT_PAGE)).document
        return load_products(document), _pages(document)

    def variations(self, product_id: str) -> tuple[Variation, ...]:
        """Return all variations of a product (prod:r)."""
        pages = self._all(f"/products/{quote(product_id, safe='')}/variations", VARIATION_PAGE)
        return tuple(variation for page in pages for variation in load_variations(page))

    def availability(self, product_id: str, variation_id: str | None = None) -> Availability:
        """Return the stock of a product or of one of its variations (prda:r). Raises NotFound."""
        return load_availability(self._get(_availability(product_id, variation_id)).document)

    def adjust_stock(self, product_id: str, variation_id: str | None, amount: int) -> Availability:
        """Move the stock by `amount` and return what it is then (prda:u). A repetition counts twice.

        Raises NeedsPerson: `product.availability.invalid-availability-state` while stock management is off,
        `operation-not-available` for a variation product itself.
        """
        path = f"{_availability(product_id, variation_id)}/adjust-available-stock"
        return load_availability(self._post(path, {"relativeAmount": amount}).document)

    def _create(self, order_id: str, kind: str, body: Mapping[str, object]) -> Process:
        return load_process(kind, self._post(f"{_order(order_id)}/processes/{kind}", body).document)

    def _mark(self, order_id: str, kind: str, process_id: str, move: str, body: Mapping[str, object]) -> Process:
        path = f"{_order(order_id)}/processes/{kind}/{quote(process_id, safe='')}/{move}"
        return load_process(kind, self._post(path, body).document)

    def _all(self, path: str, size: int) -> Iterator[Mapping[str, Any]]:
        number, pages = 0, 1
        while number < pages:
            document = self._get(path, _paging(number, size)).document
            yield document
            number, pages = number + 1, _pages(document)

    def _get(self, path: str, parameters: Mapping[str, str] | None = None) -> Answer:
        return self._send("GET", path, parameters, None)

    def _post(self, path: str, body: Mapping[str, object]) -> Answer:
        return self._send("POST", path, None, body)

    def _send(
        self, method: str, path: str, parameters: Mapping[str, str] | None, body: Mapping[str, object] | None
    ) -> Answer:
        token = self._token(False)
        try:
            return self._attempt(method, path, parameters, body, token)
        except Unauthorized:
            return self._attempt(method, path, parameters, body, self._token(True))

    def _attempt(
        self,
        method: str,
        path: str,
        parameters: Mapping[str, str] | None,
        body: Mapping[str, object] | None,
        token: Token,
    ) -> Answer:
        headers = {"Authorization": f"Bearer {token.access_token}", "Accept": "application/hal+json"}
        url, effect = f"{self._base_url}{path}", method != "GET"
        return self._http.send(method, url, effect=effect, headers=headers, params=parameters, body=body)


def _order(order_id: str) -> str:
    return f"/orders/{quote(order_id, safe='')}"


def _availability(product_id: str, variation_id: str | None) -> str:
    variation = f"/variations/{quote(variation_id, safe='')}" if variation_id else ""
    return f"/products/{quote(product_id, safe='')}{variation}/availability"


def _paging(number: int, size: int) -> dict[str, str]:
    return {"page": str(number), "size": str(size)}


def _pages(document: Mapping[str, Any]) -> int:
    return int((document.get("page") or {}).get("totalPages", 1))
