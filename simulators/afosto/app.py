"""The simulated Afosto as an ASGI app: GraphQL at `POST /graphql`, the control API under `/_sim`."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.types import ASGIApp, Scope

from simulators.afosto.control.control_api import control_routes
from simulators.afosto.graphql_api.engine import engine, failure, root_fields
from simulators.afosto.hosting.accounts import Account, Tenants
from simulators.afosto.tenant.errors import Refused, forbidden
from simulators.faults import FaultPlan
from simulators.injector import FaultyApp

GRAPHQL_PATH = "/graphql"


def create_app() -> ASGIApp:
    """A simulated Afosto without tenants; create them over the control API."""
    tenants = Tenants()

    async def graphql(request: Request) -> Response:
        answer = answer_request(tenants, request.headers.get("authorization", ""), await request.body())
        return Response(json.dumps(answer, ensure_ascii=False), media_type="application/json")

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        tenants.close()

    routes = [Route(GRAPHQL_PATH, graphql, methods=["POST"]), Mount("/_sim", routes=control_routes(tenants))]
    return FaultyApp(Starlette(routes=routes, lifespan=lifespan), lambda scope: _plan(tenants, scope))


def answer_request(tenants: Tenants, authorization: str, body: bytes) -> dict[str, Any]:
    """The GraphQL answer to one request; errors are inside the answer, as in Afosto."""
    try:
        account = tenants.authorized(authorization)
    except Refused as refusal:
        return failure(refusal)
    account.tenant.inventory.tick()
    answer = _answer(account, _parse(body))
    account.errors.update(error.get("extensions", {}).get("code", "") for error in answer.get("errors", ()))
    return answer


def _answer(account: Account, request: Any) -> dict[str, Any]:
    asked = root_fields(request)
    account.requests.update(asked)
    for name in asked:
        if name in account.tenant.switches.forbidden:
            return failure(forbidden(name))
    fault = account.faults.draw(asked, account.tenant.key)
    if fault and not fault.after_effect:
        return failure(fault.error())
    answer = engine(account.tenant.switches.hidden).execute(account.tenant, request)
    return failure(fault.error()) if fault else answer


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


def _plan(tenants: Tenants, scope: Scope) -> FaultPlan | None:
    if scope["path"] != GRAPHQL_PATH:
        return None
    authorization = next((value for key, value in scope["headers"] if key == b"authorization"), b"")
    account = tenants.holder(authorization.decode("latin-1"))
    return account.faults.transport if account else None
