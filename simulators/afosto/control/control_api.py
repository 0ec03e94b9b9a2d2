"""The control API under `/_sim`: JSON in and out, for tests, proofs and demos; not part of Afosto.

    POST   /tenants                             a setup document (see `Tenant`) with `faults` (see `TenantFaults`)
    GET    /tenants                             names
    DELETE /tenants/{tenant}
    POST   /tenants/{tenant}/keys               {key}: another key of the tenant
    GET    /tenants/{tenant}/orders             ?after=SEQ&limit=N   {orders, next}: their full state
    GET    /tenants/{tenant}/orders/{order}     one of them
    GET    /tenants/{tenant}/causes             ?after=SEQ&limit=N   {causes, next}
    GET    /tenants/{tenant}/violations         {violations}
    GET    /tenants/{tenant}/stats              requests, errors, faults fired, answers spoiled, trading
    PUT    /tenants/{tenant}/faults             {faults, budget, seed}
    PUT    /tenants/{tenant}/switches           the switches to change (see `Switches`)
    POST   /tenants/{tenant}/orders/{order}/{act}
           cancel {units?, refund?}             return {units, outcome: restocked|broken|rejected, location_id?}
           ship {units?, code?, url?}           deliver {parcel?}
           ready {units?}                       collect {parcel?}
           and as manual edits (delete answers the order as it was before, copy the copy):
           delete {}                            copy {}
           remove {units}                       add {sku, quantity, line_ref?}
           reprice {amount}                     unpack {parcel}
           open {}                              retrack {parcel, code}
    GET    /tenants/{tenant}/inventory          {levels}
    POST   /tenants/{tenant}/inventory          {location_id, sku, total}: a recount
    POST   /tenants/{tenant}/inventory/sell     {location_id, sku, quantity}: sold over another channel
    POST   /tenants/{tenant}/trade              trade by itself: {rate, seconds?, pace?, seed?, share?} (see `Trader`;
                                                `seconds` null: until stopped)
    DELETE /tenants/{tenant}/trade              stop trading
    POST   /tenants/{tenant}/inventory/state    {sku, locations, references, before?, readings?}: see `stock_state`
    POST   /tenants/{tenant}/webhooks           {url, secret, id?, events?}
    GET    /tenants/{tenant}/webhooks           ?after=N&limit=N   {deliveries, next}: what was sent, with the answers

A wrong request is answered 404 or 422 with {error}; at the end of a list `next` is null.
"""

import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, TypeVar

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.afosto.activity import manual_edits, merchant
from simulators.afosto.control.state import cause_documents, level_documents, order_state, stock_state
from simulators.afosto.hosting.accounts import Account, Tenants
from simulators.afosto.tenant.errors import Refused
from simulators.afosto.tenant.model import Order
from simulators.afosto.tenant.tenant import Tenant

PAGE = 2000

Body = dict[str, Any]
Handler = Callable[[Account, Request, Body], Any]
Row = TypeVar("Row")


def control_routes(tenants: Tenants) -> list[Route]:
    """The routes of the control API, relative to `/_sim`."""

    async def create(request: Request) -> Response:
        return _guarded(lambda body: {"name": tenants.add(body).tenant.name}, await _body(request))

    async def names(_: Request) -> Response:
        return _json({"tenants": tenants.names()})

    async def remove(request: Request) -> Response:
        return _guarded(lambda _: tenants.remove(request.path_params["tenant"]), {})

    async def add_key(request: Request) -> Response:
        return _guarded(lambda body: tenants.add_key(request.path_params["tenant"], **body), await _body(request))

    async def handle(handler: Handler, request: Request) -> Response:
        return _guarded(partial(_act, tenants, handler, request), await _body(request))

    return [
        Route("/tenants", create, methods=["POST"]),
        Route("/tenants", names, methods=["GET"]),
        Route("/tenants/{tenant}", remove, methods=["DELETE"]),
        Route("/tenants/{tenant}/keys", add_key, methods=["POST"]),
        *(Route(f"/tenants/{{tenant}}/{p}", partial(handle, h), methods=[m]) for m, p, h in HANDLERS),
    ]


def _act(tenants: Tenants, handler: Handler, request: Request, body: Body) -> Any:
    account = tenants.named(request.path_params["tenant"])
    account.tenant.inventory.tick()
    return handler(account, request, body)


def _orders(account: Account, request: Request, _: Body) -> Any:
    rows, following = _slice(list(account.tenant.orders.values()), request)
    return {"orders": [order_state(order) for order in rows], "next": following}


def _order(account: Account, request: Request, _: Body) -> Any:
    return order_state(account.tenant.order(request.path_params["order"]))


def _causes(account: Account, request: Request, _: Body) -> Any:
    rows, following = _slice(account.tenant.causes.all, request)
    return {"causes": cause_documents(rows), "next": following}


def _violations(account: Account, _: Request, __: Body) -> Any:
    return {"violations": cause_documents(account.tenant.causes.violations)}


def _stats(account: Account, _: Request, __: Body) -> Any:
    return account.stats()


def _faults(account: Account, _: Request, body: Body) -> None:
    account.faults.configure(body)


def _switches(account: Account, _: Request, body: Body) -> None:
    account.tenant.switches = account.tenant.switches.changed(body)


def _merchant(account: Account, request: Request, body: Body) -> Any:
    name, order_id = request.path_params["act"], request.path_params["order"]
    if name in MANUAL_EDITS:
        order = account.tenant.order(order_id)
        return order_state(MANUAL_EDITS[name](account.tenant, order, **body) or order)
    if name not in ACTS:
        raise Refused("NOT_FOUND", f"no such act: {name}")
    ACTS[name](account.tenant, order_id, body)
    return order_state(account.tenant.order(order_id))


def _levels(account: Account, _: Request, __: Body) -> Any:
    return {"levels": level_documents(account.tenant.inventory.levels())}


def _recount(account: Account, _: Request, body: Body) -> None:
    merchant.recount(account.tenant, **body)


def _sell(account: Account, _: Request, body: Body) -> None:
    merchant.sell_elsewhere(account.tenant, **body)


def _trade(account: Account, _: Request, body: Body) -> None:
    account.trade(body)


def _stop_trading(account: Account, _: Request, __: Body) -> None:
    account.trading.stop()


def _stock_state(account: Account, _: Request, body: Body) -> Any:
    return stock_state(account.tenant, **body)


def _listen(account: Account, _: Request, body: Body) -> Any:
    return {"id": account.tenant.listen(body).id}


def _deliveries(account: Account, request: Request, _: Body) -> Any:
    rows, following = _slice(account.tenant.outbox.deliveries, request)
    return {"deliveries": [delivery.summary() for delivery in rows], "next": following}


def _cancel(tenant: Tenant, order_id: str, body: Body) -> None:
    merchant.cancel_units(tenant, order_id, body.get("units"), body.get("refund", True))


def _return(tenant: Tenant, order_id: str, body: Body) -> None:
    merchant.return_units(tenant, order_id, body["units"], body["outcome"], body.get("location_id"))


def _ship(tenant: Tenant, order_id: str, body: Body) -> None:
    merchant.ship(tenant, order_id, body.get("units"), body.get("code"), body.get("url"))


def _ready(tenant: Tenant, order_id: str, body: Body) -> None:
    merchant.ready_to_collect(tenant, order_id, body.get("units"))


def _deliver(tenant: Tenant, order_id: str, body: Body) -> None:
    merchant.deliver(tenant, order_id, body.get("parcel"))


# For an order that is collected, Afosto's status DELIVERED means collected.
ACTS = {"cancel": _cancel, "return": _return, "ship": _ship, "ready": _ready, "deliver": _deliver, "collect": _deliver}

MANUAL_EDITS: dict[str, Callable[..., Order | None]] = {
    "delete": manual_edits.delete,
    "copy": manual_edits.copy,
    "remove": manual_edits.remove_units,
    "add": manual_edits.add_units,
    "reprice": manual_edits.reprice,
    "unpack": manual_edits.unpack,
    "retrack": manual_edits.retrack,
    "open": manual_edits.open_by_hand,
}

HANDLERS: list[tuple[str, str, Handler]] = [
    ("GET", "orders", _orders),
    ("GET", "orders/{order}", _order),
    ("POST", "orders/{order}/{act}", _merchant),
    ("GET", "causes", _causes),
    ("GET", "violations", _violations),
    ("GET", "stats", _stats),
    ("PUT", "faults", _faults),
    ("PUT", "switches", _switches),
    ("GET", "inventory", _levels),
    ("POST", "inventory", _recount),
    ("POST", "inventory/sell", _sell),
    ("POST", "trade", _trade),
    ("DELETE", "trade", _stop_trading),
    ("POST", "inventory/state", _stock_state),
    ("GET", "webhooks", _deliveries),
    ("POST", "webhooks", _listen),
]


def _slice(rows: Sequence[Row], request: Request) -> tuple[Sequence[Row], int | None]:
    """The rows that a request asks for, and the next `after`. Rows are numbered from 1 without gaps."""
    after, limit = int(request.query_params.get("after", 0)), int(request.query_params.get("limit", PAGE))
    end = after + limit
    return rows[after:end], end if end < len(rows) else None


def _guarded(act: Callable[[Body], Any], body: Body) -> Response:
    try:
        return _json(act(body))
    except Refused as refusal:
        return _json({"error": str(refusal), **refusal.extensions}, 404 if refusal.code == "NOT_FOUND" else 422)
    except (KeyError, TypeError, ValueError) as error:
        return _json({"error": f"{type(error).__name__}: {error}"}, 422)


async def _body(request: Request) -> Body:
    raw = await request.body()
    return dict(json.loads(raw)) if raw else {}


def _json(document: Any, status: int = 200) -> Response:
    return Response(json.dumps(document or {}, ensure_ascii=False), status, media_type="application/json")
