"""The calls to an ePages Beyond shop that the connector makes."""

from collections.abc import Callable, Mapping
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
    Product,
    Token,
    Variation,
    format_time,
    load_availability,
    load_locations,
    load_order,
    load_order_page,
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
        return load_order(self._get(f"/orders/{quote(order_id, safe='')}").document)

    def processes(self, order_id: str, kind: str) -> tuple[Process, ...]:
        """Return all processes of an order; `kind` is shippings, pickups, returns or cancelations."""
        found: list[Process] = []
        number, pages = 0, 1
        while number < pages:
            parameters = _paging(number, PROCESS_PAGE)
            document = self._get(f"/orders/{quote(order_id, safe='')}/processes/{kind}", parameters).document
            found += load_processes(kind, document)
            number, pages = number + 1, _pages(document)
        return tuple(found)

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
        found: list[Variation] = []
        number, pages = 0, 1
        while number < pages:
            document = self._get(
                f"/products/{quote(product_id, safe='')}/variations", _paging(number, VARIATION_PAGE)
            ).document
            found += load_variations(document)
            number, pages = number + 1, _pages(document)
        return tuple(found)

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

    def _get(self, path: str, parameters: Mapping[str, str] | None = None) -> Answer:
        return self._authorized(
            lambda headers: self._http.send(
                "GET", f"{self._base_url}{path}", effect=False, headers=headers, params=parameters
            )
        )

    def _post(self, path: str, body: Mapping[str, object]) -> Answer:
        return self._authorized(
            lambda headers: self._http.send("POST", f"{self._base_url}{path}", effect=True, headers=headers, body=body)
        )

    def _authorized(self, send: Callable[[Mapping[str, str]], Answer]) -> Answer:
        """Send with the token; a refused one (401) had no effect and is replaced once."""
        token = self._token(False)
        try:
            return send(_headers(token))
        except Unauthorized:
            return send(_headers(self._token(True)))


def _headers(token: Token) -> dict[str, str]:
    return {"Authorization": f"Bearer {token.access_token}", "Accept": "application/hal+json"}


def _availability(product_id: str, variation_id: str | None) -> str:
    variation = f"/variations/{quote(variation_id, safe='')}" if variation_id else ""
    return f"/products/{quote(product_id, safe='')}{variation}/availability"


def _paging(number: int, size: int) -> dict[str, str]:
    return {"page": str(number), "size": str(size)}


def _pages(document: Mapping[str, Any]) -> int:
    return int((document.get("page") or {}).get("totalPages", 1))
