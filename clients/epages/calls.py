"""The base of all calls to a shop: access token, paths below the shop's address, and answers with several pages."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from clients.epages.refusals import interpret
from clients.http import Http, call_span
from clients.request_bodies import without_nulls
from clients.status_errors import Answer, Unauthorized
from schemas.epages import Token, load_page_count
from schemas.vendors import Vendor, attribute_errors_to


class Calls:
    """Calls to one shop. `token(fresh)` returns the access token; with `fresh` a new one, used once after a 401."""

    def __init__(self, base_url: str, http: Http, token: Callable[[bool], Token]) -> None:
        self._base_url = base_url
        self._http = http
        self._token = token

    def _all(self, path: str, size: int) -> Iterator[Mapping[str, Any]]:
        number, pages = 0, 1
        while number < pages:
            document = self._get(path, paging(number, size)).document
            yield document
            number, pages = number + 1, load_page_count(document)

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
        sent = None if body is None else without_nulls(body)
        headers = {"Authorization": f"Bearer {token.access_token}", "Accept": "application/hal+json"}
        url, effect = f"{self._base_url}{path}", method != "GET"
        with attribute_errors_to(Vendor.EPAGES), call_span(Vendor.EPAGES, method, path, effect=effect):
            return self._http.send(
                method, url, effect=effect, headers=headers, params=parameters, body=sent, interpret=interpret
            )


def escaped(name: str) -> str:
    """Return an id escaped for use in a path."""
    return quote(name, safe="")


def paging(number: int, size: int) -> dict[str, str]:
    """Return the query parameters for one page."""
    return {"page": str(number), "size": str(size)}
