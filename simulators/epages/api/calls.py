"""One API call: check its token, read its parameters, and write the answer in the vendor's form."""

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from simulators.epages.hosting.oversell_check import check_moves
from simulators.epages.hosting.registry import Registry
from simulators.epages.hosting.tokens import Denied
from simulators.epages.model.errors import Refused, invalid
from simulators.epages.model.times import read_time
from simulators.epages.shop.shop import Shop

MAX_SIZE = 200
Handler = Callable[["Call"], "Answer"]


@dataclass(frozen=True, slots=True)
class Call:
    """A call with a valid token and scope: its shop, path and query parameters, and JSON body (empty: {})."""

    shop: Shop
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, Any]
    url: str

    def moment(self, name: str) -> datetime | None:
        """A query parameter that is a time; refuses with 400 what is no ISO 8601 time."""
        text = self.query.get(name)
        try:
            return read_time(text) if text else None
        except ValueError as error:
            raise invalid(f"The parameter '{name}' is not an ISO 8601 date-time.") from error

    def flag(self, name: str) -> bool | None:
        """A query parameter that is true or false; refuses with 400 anything else."""
        text = self.query.get(name)
        if text not in (None, "true", "false"):
            raise invalid(f"The parameter '{name}' must be true or false.")
        return None if text is None else text == "true"

    def count(self, name: str, default: int) -> int:
        """A query parameter that is a whole number from 0; refuses with 400 anything else."""
        text = self.query.get(name, str(default))
        if not text.isdecimal():
            raise invalid(f"The parameter '{name}' must be a number.")
        return int(text)

    def paging(self, default: int = 20) -> tuple[int, int]:
        """Page size and page number. A size above 200 becomes 200 (assumed)."""
        return max(1, min(self.count("size", default), MAX_SIZE)), self.count("page", 0)


@dataclass(frozen=True, slots=True)
class Answer:
    """A status and a body: a document, or its JSON as bytes."""

    body: Mapping[str, Any] | bytes
    status: int = 200


def page_of(
    call: Call, relation: str, rows: Sequence[bytes], total: int, size: int, number: int, links: Mapping[str, Any] = {}
) -> Answer:
    """A HAL page of rows that are JSON already; an empty page has no `_embedded` (assumed)."""
    pages = -(-total // size)
    all_links = {"self": _page_link(call, number, size), **links}
    if number + 1 < pages:
        all_links["next"] = _page_link(call, number + 1, size)
    page = {"size": size, "totalElements": total, "totalPages": pages, "number": number}
    tail = json.dumps({"_links": all_links, "page": page}).encode()
    if not rows:
        return Answer(tail)
    return Answer(b'{"_embedded":{"%s":[%s]},%s' % (relation.encode(), b",".join(rows), tail[1:]))


def document_page(
    call: Call, relation: str, documents: Sequence[Any], links: Mapping[str, Any] = {}, default: int = 20
) -> Answer:
    """A HAL page of a list of documents: the page that the call asks for."""
    size, number = call.paging(default)
    rows = [json.dumps(document).encode() for document in documents[number * size : (number + 1) * size]]
    return page_of(call, relation, rows, len(documents), size, number, links)


def endpoint(registry: Registry, scope: str, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Make an HTTP endpoint of a handler: it finds the shop, checks token and scope, and answers refusals.

    With the scope "" every valid token may make the call.
    """

    async def handle(request: Request) -> Response:
        try:
            hosted = registry.get(request.path_params["store"])
            granted = hosted.tokens.scopes_of(request.headers.get("authorization", ""))
            if scope and scope not in granted:
                # The vendor documents no body for a missing scope; error id assumed.
                raise Refused(403, "insufficient-scope", f"The scope {scope} is required.", {"scope": scope})
            path = {name: value for name, value in request.path_params.items() if name != "store"}
            url = f"{hosted.shop.base_url}{request.url.path.split('/api', 1)[1]}"
            call = Call(hosted.shop, path, request.query_params, _json(await request.body()), url)
            seen = len(hosted.shop.causes.all)
            answer = handler(call)
            if hosted.oversell_check:
                changes = [cause for cause in hosted.shop.causes.all[seen:] if cause["action"] == "adjust-stock"]
                late = "simulators.late" in request.scope
                await check_moves(hosted.oversell_check, registry.oversell_checks(), changes, late=late)
        except (Refused, Denied) as error:
            return refusal(error)
        body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body).encode()
        return Response(body, answer.status, media_type="application/hal+json")

    return handle


def refusal(error: Refused | Denied) -> Response:
    """The answer to a refused call, in one of the vendor's two error formats."""
    if isinstance(error, Denied):
        document: dict[str, Any] = {"error": error.error, "error_description": error.description}
        return Response(json.dumps(document), 401, media_type="application/json")
    document = {"errorId": error.error_id, "details": error.details, "message": str(error), "traceId": None}
    return Response(json.dumps(document), error.status, media_type="application/hal+json")


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        document = json.loads(body or b"{}", parse_float=Decimal)
    except ValueError as error:
        raise invalid("The body is not JSON.") from error
    if not isinstance(document, dict):
        raise invalid("The body must be a JSON object.")
    return document


def _page_link(call: Call, number: int, size: int) -> dict[str, str]:
    query = [f"{key}={value}" for key, value in call.query.items() if key not in ("page", "size")]
    return {"href": f"{call.url}?{'&'.join([*query, f'page={number}', f'size={size}'])}"}
