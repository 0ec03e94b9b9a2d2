"""/v1/stores: connect, list, switch, pause, poll and remove stores."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from clients.public_addresses import why_not_public
from clients.scopes import cockpit_name
from gateway.answers import CursorSchema
from gateway.api.blueprint import NOT_SENT, TOKEN, api_blueprint
from gateway.api.pages import next_page
from gateway.api.store_documents import (
    NewStoreSchema,
    PlacesSchema,
    PollSchema,
    RemovalSchema,
    RemovedSchema,
    StoreChangesSchema,
    StoreSchema,
    StoresQuerySchema,
    StoresSchema,
    new_store,
)
from gateway.api.vendor_refusals import refused_with_reason
from gateway.audit import noted
from gateway.bodies import takes_json
from gateway.callers import caller, decider, needs, store_not_permitted, store_refusal
from gateway.errors import described, refuse, refuse_for
from gateway.runtime import runtime
from ledger.postgres.database import Row
from ledger.status import Status
from ledger.stores.condition import StoreState
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.states import CursorKind, Right
from schemas.wording.phrases import phrase
from sync.connecting.change_store import STAYS, change_places
from sync.connecting.connect_store import Choices, connect_store
from sync.connecting.flow_states import flow_states, require_permission, resume_flows, switch_on
from sync.connecting.locations import READ_LOCATIONS, Place, pair_places, read_places
from tasks.on_request.poll_now import poll_now

_READ = {**NOT_SENT, 403: "The token may not read, or does not permit the store."}
_WRITE = {
    **NOT_SENT,
    400: "A field is missing or wrong; the answer names it.",
    403: "The token may not write, or does not permit the store.",
    413: "The body is larger than 64 KiB.",
    415: "The Content-Type is not JSON.",
}
_NO_STORE = "No such store is connected, or the token is of another tenant."
_VENDOR = "A vendor refuses; the message says why, which box is missing, and what to do."

blueprint = api_blueprint("Stores", "Connections of a shop with a sales channel.")


@blueprint.route("/stores")
@blueprint.arguments(StoresQuerySchema, location="query")
@described(blueprint, {**_READ, 400: "A parameter is wrong; the answer names it."}, security=TOKEN)
@blueprint.response(200, StoresSchema)
@needs(Right.READ)
def list_stores(query: dict[str, Any]) -> dict[str, Any]:
    """List the stores that the token may see, by name."""
    rows = _page(query["state"], query["after"] or "", query["limit"] + 1)
    return {"stores": rows[: query["limit"]], "next": next_page(rows, query, "name")}


@blueprint.route("/stores", methods=["POST"])
@takes_json
@blueprint.arguments(NewStoreSchema)
@described(
    blueprint,
    {
        **_WRITE,
        409: "The name is taken, or the shop is connected already.",
        422: f"{_VENDOR} Nothing is kept.",
        503: "A vendor or the database does not answer. Nothing is kept.",
    },
    security=TOKEN,
)
@blueprint.response(201, StoreSchema, headers={"Location": {"schema": {"type": "string"}}})
@needs(Right.WRITE)
def connect(given: dict[str, Any]) -> Any:
    """Connect a store: both vendors are asked first whether the credentials, the channel and the locations are right.

    Locations of one name on both sides are mapped besides the given ones; if there are none, and nothing is named whose
    stock to sell, the only location of Afosto is sold from.
    """
    _require_may_connect(given)
    settings, ledger = runtime().settings, runtime().ledger
    new = new_store(given, settings.epages_url)
    choices = Choices(given["flows"], given["locations"], given["sells_from"])
    with noted("connect.connect", new.name), refused_with_reason(), _others_unnamed(new.base_url):
        ledger.stores.require_new(new.name, new.base_url)
        connect_store(ledger, settings, new, choices, only_tenant=caller().tenant)
    return _shown(new.name), {"Location": f"/v1/stores/{new.name}"}


@blueprint.route("/stores/<name>")
@described(blueprint, {**_READ, 404: _NO_STORE}, security=TOKEN)
@blueprint.response(200, StoreSchema)
@needs(Right.READ)
def show(name: str) -> dict[str, Any]:
    """Show a store: its settings, flows, and how far it was read."""
    refuse_for(store_refusal(name))
    return _shown(name)


@blueprint.route("/stores/<name>", methods=["PATCH"])
@takes_json
@blueprint.arguments(StoreChangesSchema)
@described(blueprint, {**_WRITE, 404: _NO_STORE, 422: _VENDOR}, security=TOKEN)
@blueprint.response(200, StoreSchema)
@needs(Right.WRITE)
def change(given: dict[str, Any], name: str) -> dict[str, Any]:
    """Pause or resume a store, switch its flows on or off, map its locations.

    Before a flow is switched on, the shop is asked whether it permits it. Before a location is mapped, both sides are
    asked for it. If one refuses, nothing is changed. What was missed while a flow was off is carried over afterwards.
    """
    refuse_for(store_refusal(name))
    flows = given.get("flows", {})
    with refused_with_reason():
        for flow in _chosen(flows, on=True):
            require_permission(runtime().ledger, runtime().settings, name, flow)
    if not given.keys().isdisjoint(("locations", "sells_from")):
        _change_places(name, given)
    if flows:
        _switch(name, flows)
    if "paused" in given:
        _pause_or_resume(name, paused=given["paused"])
    return _shown(name)


@blueprint.route("/stores/<name>/locations")
@described(
    blueprint,
    {**_READ, 404: _NO_STORE, 422: _VENDOR, 503: "A vendor or the database does not answer."},
    security=TOKEN,
)
@blueprint.response(200, PlacesSchema)
@needs(Right.READ)
def list_places(name: str) -> dict[str, list[Place] | list[str]]:
    """List the locations of both sides, as they answer now, and which are mapped."""
    refuse_for(store_refusal(name))
    ledger = runtime().ledger
    with refused_with_reason():
        places = read_places(runtime().settings, ledger.stores.get(name))
    return {
        "locations": pair_places(places, ledger.stores.locations(name), ledger.stock.locations(name)),
        "missing_boxes": _boxes([READ_LOCATIONS] if places.shop is None else []),
    }


@blueprint.route("/stores/<name>/poll", methods=["POST"])
@takes_json
@blueprint.arguments(PollSchema)
@described(
    blueprint,
    {**_WRITE, 404: f"{_NO_STORE} Or it has nothing to read for the cursor.", 409: "The store is paused."},
    security=TOKEN,
)
@blueprint.response(202, CursorSchema)
@needs(Right.WRITE)
def poll(given: dict[str, str], name: str) -> Row | None:
    """Read a store's orders now."""
    refuse_for(store_refusal(name))
    cursor = CursorKind(given["cursor"])
    with refused_with_reason():
        poll_now(runtime().ledger, runtime().producer, name, cursor)
    return next((row for row in runtime().ledger.stores.cursors(name) if row["kind"] == cursor), None)


@blueprint.route("/stores/<name>", methods=["DELETE"])
@blueprint.arguments(RemovalSchema, location="query")
@described(
    blueprint,
    {**_READ, 400: "`confirm` is not the name of the store; nothing is removed.", 404: _NO_STORE},
    security=TOKEN,
)
@blueprint.response(200, RemovedSchema)
@needs(Right.WRITE)
def remove(query: dict[str, str], name: str) -> dict[str, str]:
    """Remove a store with its jobs and links. What was carried over stays on both sides."""
    refuse_for(store_refusal(name))
    if query["confirm"] != name:
        refuse(400, "not-confirmed", f"To remove the store, repeat its name: ?confirm={name}. {STAYS}", field="confirm")
    with noted("connection.remove", name):
        runtime().ledger.stores.remove(name)
    return {"removed": name, "stays": STAYS}


def _require_may_connect(given: Mapping[str, Any]) -> None:
    """Only a token without a list of stores may connect a new one; the address must be public."""
    if caller().listed and not caller().may_see(given["name"]):
        refuse_for(store_not_permitted(given["name"]))
    if given["base_url"] and (why := why_not_public(given["base_url"], phrase("the client secret"))):
        refuse(400, "address-not-public", f"The base_url {why}; only the operator can connect it.", field="base_url")


@contextmanager
def _others_unnamed(address: str) -> Iterator[None]:
    """Keep the name of the store that has this address from a token of a tenant: it may be another one's."""
    try:
        yield
    except NeedsPerson as error:
        if caller().tenant is None or error.reason != Reason.SHOP_CONNECTED_ALREADY:
            raise
        raise NeedsPerson(
            phrase("the shop at %(address)s is connected already", address=address),
            reason=Reason.SHOP_CONNECTED_ALREADY,
            resolution=phrase("use the store that is connected, or ask the operator of the connector"),
        ) from error


def _change_places(name: str, given: Mapping[str, Any]) -> None:
    ledger = runtime().ledger
    mapped = given.get("locations", ledger.stores.locations(name))
    sells_from = given.get("sells_from", ledger.stores.sold_alone(name))
    with noted("connection.set_places", name) as details, refused_with_reason():
        details.append(f"{len(mapped)} locations")
        places = read_places(runtime().settings, ledger.stores.get(name))
        change_places(ledger, places, name, mapped, sells_from, by=decider())


def _switch(name: str, flows: Mapping[str, bool]) -> None:
    ledger = runtime().ledger
    with noted("store.switch", name) as details:
        details += [f"{flow} {'on' if on else 'off'}" for flow, on in flows.items()]
        for flow in _chosen(flows, on=True):
            switch_on(ledger, name, flow, decider())
        for flow in _chosen(flows, on=False):
            ledger.stores.switch_flow(name, flow, enabled=False)


def _chosen(flows: Mapping[str, bool], *, on: bool) -> list[str]:
    return [flow for flow, wanted in flows.items() if wanted is on]


def _pause_or_resume(name: str, *, paused: bool) -> None:
    ledger = runtime().ledger
    with noted("store.pause" if paused else "store.resume", name):
        if paused:
            ledger.stores.pause(name)
        else:
            ledger.stores.resume(name)
            resume_flows(ledger, name, None, decider())


def _boxes(scopes: Iterable[str]) -> list[str]:
    return [f"{scope} ({cockpit_name(scope)})" for scope in scopes]


def _shown(name: str) -> dict[str, Any]:
    facts = runtime().ledger.stores.facts(name)
    (line,) = _page(None, "", 1, only=name)
    states = flow_states(facts, runtime().ledger.stores.flows(name))
    chosen = {
        each: getattr(facts, each)
        for each in ("totals", "open_unpaid", "open_partly_paid", "notify_buyers", "mark_orders")
    }
    return {
        **line,
        **chosen,
        "flows": [
            {
                **{each: getattr(flow, each) for each in ("name", "enabled", "condition", "reason", "message")},
                "missing_boxes": _boxes(flow.lacking),
            }
            for flow in states
        ],
        "cursors": runtime().ledger.stores.cursors(name),
        "locations": runtime().ledger.stores.locations(name),
        "sells_from": sorted(runtime().ledger.stores.sold_alone(name)),
    }


def _page(state: StoreState | None, after: str, limit: int, only: str | None = None) -> list[Row]:
    stores = caller().stores if only is None else frozenset({only})
    stale = 2 * runtime().settings.poll_interval
    status = Status(runtime().ledger.database)
    return status.page(stores=stores, state=state, stale=stale, after=after, limit=limit)
