"""The calls to an ePages Beyond shop that the connector makes."""

from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import quote

from clients.errors_table import Answer, Unauthorized
from clients.headers import served_at
from clients.http import Http
from schemas.epages import (
    Location,
    Order,
    OrderPage,
    Process,
    Token,
    format_time,
    load_locations,
    load_order,
    load_order_page,
    load_processes,
)

PROCESS_PAGE = 100  # processes of one order per request


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
            parameters = {"page": str(number), "size": str(PROCESS_PAGE)}
            document = self._get(f"/orders/{quote(order_id, safe='')}/processes/{kind}", parameters).document
            found += load_processes(kind, document)
            pages = int((document.get("page") or {}).get("totalPages", 1))
            number += 1
        return tuple(found)

    def locations(self) -> tuple[Location, ...]:
        """Return the shop's locations (scope loca:r)."""
        return load_locations(self._get("/shop/locations").document)

    def _get(self, path: str, parameters: Mapping[str, str] | None = None) -> Answer:
        token = self._token(False)
        try:
            return self._send(path, parameters, token)
        except Unauthorized:
            return self._send(path, parameters, self._token(True))

    def _send(self, path: str, parameters: Mapping[str, str] | None, token: Token) -> Answer:
        headers = {
            "Authorization": f"Bearer {token.access_token}",
            "Accept": "application/hal+json",
        }
        return self._http.send("GET", f"{self._base_url}{path}", effect=False, headers=headers, params=parameters)
