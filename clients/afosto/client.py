"""The calls that the connector makes to Afosto."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from clients.afosto.documents import document
from clients.afosto.errors import interpret
from clients.afosto.inputs import item_inputs, order_input
from clients.http import Http, call_span
from clients.request_bodies import without_nulls
from clients.status_errors import NotFound, answer_to_effect
from schemas.advice import CHECK_AFOSTO_ADDRESS
from schemas.afosto import (
    Channel,
    InventoryChange,
    InventoryLevel,
    ItemDraft,
    Location,
    Order,
    OrderDraft,
    OrderPrices,
    Parcel,
    load_channels,
    load_ids,
    load_inventory,
    load_inventory_changes,
    load_locations,
    load_next_page,
    load_order,
    load_order_prices,
    load_parcel,
)
from schemas.errors import AnswerLost, MalformedDocument, NeedsPerson
from schemas.mapping.inventory_levels import Levels, match_levels
from schemas.reasons import Reason
from schemas.values.loading import N, entries, unique_by_id
from schemas.vendors import Vendor, attribute_errors_to
from schemas.wording.phrases import phrase

T = TypeVar("T")
# Most pages of one list: more than a tenant's locations, channels and changes of a day. A longer list is refused.
MOST_PAGES = 1_000
BATCH = 100  # item ids in one mutation, SKUs in one query
# Called after each request with the number of items that it changed.
OnProgress = Callable[[int], None]
PAGE = 50  # entries per page; the maximum is not documented, see Afosto's reference of pagination


def ignore_progress(count: int) -> None:
    """Do nothing: the caller does not need the progress."""


class AfostoClient:
    """The client of one tenant; the API key decides which tenant."""

    def __init__(self, url: str, http: Http, api_key: str) -> None:
        self._url = url
        self._http = http
        self._headers = {"Authorization": f"Bearer {api_key}", "Accept": "application/json"}

    def me(self) -> None:
        """Ask whose key this is: the documented test of a connection. Raises Unauthorized for a wrong key."""
        self._call("me", {}, effect=False)

    def channels(self) -> tuple[Channel, ...]:
        """Return all sales channels."""
        return self._pages("channels", load_channels)

    def locations(self) -> tuple[Location, ...]:
        """Return all locations."""
        return self._pages("locations", load_locations)

    def order(self, order_id: str) -> Order | None:
        """Return an order as it is now, or None if there is none with this id."""
        found = self.order_document(order_id)
        if not found:
            return None
        order = load_order(found)
        if order.id != order_id:
            raise MalformedDocument(
                phrase("Afosto answers the order %(id)s where %(order)s was asked for", id=order.id, order=order_id),
                field="order.id",
            )
        return order

    def order_document(self, order_id: str) -> Any:
        """Return what we read of an order, in Afosto's own JSON; None if there is none with this id."""
        try:
            return self._call("order", {"id": order_id}, effect=False).get("order")
        except NotFound:
            return None

    def order_prices(self, order_id: str) -> OrderPrices | None:
        """Return what an order and its parts cost, or None if there is none with this id.

        Raises NeedsPerson (schema-mismatch) if Afosto does not tell the prices of the parts.
        """
        try:
            found = self._call("order_prices", {"id": order_id}, effect=False).get("order")
        except NotFound:
            return None
        return load_order_prices(found) if found else None

    def orders_by_reference(self, channel_id: str, reference: str) -> tuple[Order, ...]:
        """Return the orders with our reference. Raises NeedsPerson (schema-mismatch) if Afosto has no such query."""
        variables = {"filters": {"channel_id": channel_id, "reference": reference}, "first": PAGE}
        found = self._list("orders_by_reference", "orders", variables)
        orders = (load_order(node) for node in entries(found.get("nodes"), "Afosto list", "nodes"))
        return unique_by_id(order for order in orders if order.reference == reference)

    def changed_orders(self, channel_id: str, since: datetime) -> list[str]:
        """Return the ids of a channel's orders that changed since `since`.

        Raises NeedsPerson (schema-mismatch) if Afosto has no such query.
        """
        filters = {"channel_id": channel_id, "updated_after": int(since.timestamp() * 1000)}
        return list(self._pages("changed_orders", load_ids, "orders", {"filters": filters}))

    def channel_orders(
        self, channel_id: str, since: datetime, after: str | None
    ) -> tuple[tuple[Order, ...], str | None]:
        """Return a page of a channel's orders that changed since `since`, and the cursor of the next page, if any.

        An order that does not load is left out. Raises NeedsPerson (schema-mismatch) if Afosto has no such query.
        """
        filters = {"channel_id": channel_id, "updated_after": int(since.timestamp() * 1000)}
        variables = {"filters": filters, "first": PAGE, "after": after}
        page = self._list("channel_orders", "orders", variables)
        following = load_next_page(page)
        orders = tuple(_readable(entries(page.get("nodes"), "Afosto list", "nodes")))
        return orders, following if following != after else None

    def available(self, skus: Sequence[str], location_ids: Sequence[str]) -> Levels:
        """Return what may still be sold of each SKU that Afosto knows, summed over these locations."""
        found: list[InventoryLevel] = []
        for start in range(0, len(skus), BATCH):
            asked = {"skus": list(skus[start : start + BATCH]), "location_ids": list(location_ids)}
            found += load_inventory(self._call("inventory", asked, effect=False))
        return match_levels(skus, location_ids, found)

    def inventory_changes(
        self, since: datetime, location_ids: Sequence[str]
    ) -> tuple[InventoryChange | MalformedDocument, ...]:
        """Return inventory changes at these locations at or after `since`; one that does not load is its error.

        Raises NeedsPerson (schema-mismatch) if Afosto has no such query.
        """
        asked = {"since": int(since.timestamp() * 1000), "location_ids": list(location_ids)}
        return self._pages("inventory_changes", load_inventory_changes, "inventoryChanges", asked)

    def create_order(self, draft: OrderDraft) -> Order:
        """Create a CONCEPT order without items. A repetition creates another draft, never another opened order."""
        return self._changed("create_order", "createOrder", order_input(draft))

    def expire_order(self, order_id: str, at: datetime) -> Order:
        """Set when a draft expires."""
        body = {"order_id": order_id, "expires_at": int(at.timestamp() * 1000)}
        return self._changed("expire_order", "setExpirationDateForOrder", body)

    def add_items(self, order_id: str, items: Sequence[ItemDraft], currency: str) -> Order:
        """Add all items in one request; the answer has total, units and status. `currency` is the order's."""
        body = {"order_id": order_id, "items": item_inputs(items, currency)}
        return self._changed("add_items", "addItemsToOrder", body)

    def open_order(self, order_id: str) -> Order:
        """Move an order out of CONCEPT. Raises NeedsPerson (refused-by-afosto) if it is already open."""
        return self._changed("open_order", "openOrder", {"order_id": order_id})

    def cancel_items(
        self, order_id: str, pairs: Sequence[tuple[str, str]], *, done: OnProgress = ignore_progress
    ) -> Order:
        """Cancel units; each pair is (unit id, contra id that we created)."""
        items = [{"item_id": unit, "contra_item_id": contra} for unit, contra in pairs]
        return self._batched("cancel_items", "cancelOrderItems", order_id, items, done)

    def receive_items(self, order_id: str, unit_ids: Sequence[str], *, done: OnProgress = ignore_progress) -> Order:
        """Record that the goods of these units came back."""
        return self._batched("receive_items", "receiveOrderItems", order_id, unit_ids, done)

    def approve_items(
        self, order_id: str, ids: Sequence[str], *, refund: bool, done: OnProgress = ignore_progress
    ) -> Order:
        """Approve a cancellation or return."""
        return self._batched("approve_items", "approveOrderItems", order_id, ids, done, is_refund=refund)

    def restock_items(
        self, order_id: str, ids: Sequence[str], location_id: str | None = None, *, done: OnProgress = ignore_progress
    ) -> Order:
        """Put units back into stock."""
        rest = {"location_id": location_id} if location_id else {}
        return self._batched("restock_items", "restockOrderItems", order_id, ids, done, **rest)

    def finish_items(self, order_id: str, ids: Sequence[str], *, done: OnProgress = ignore_progress) -> Order:
        """End a cancellation or return."""
        return self._batched("finish_items", "finishOrderItems", order_id, ids, done)

    def add_track_trace(self, unit_ids: Sequence[str], code: str | None, url: str | None) -> Parcel:
        """Put units into a new parcel, all in one request, because each request creates a parcel of its own."""
        body = {"items": list(unit_ids), "track_trace_code": code, "track_trace_url": url}
        return self._mutate("add_track_trace", "addTrackTraceToItems", body, "parcel", load_parcel)

    def set_parcel_status(self, parcel_id: str, status: str) -> Parcel:
        """Move a parcel forward."""
        body = {"parcel_id": parcel_id, "status": status}
        return self._mutate("set_parcel_status", "setParcelStatus", body, "parcel", load_parcel, parcel_id)

    def _batched(
        self, name: str, field: str, order_id: str, items: Sequence[Any], done: OnProgress, **rest: Any
    ) -> Order:
        """Change all items, a batch per request. Only the last answer has the order: a large one takes seconds."""
        if not items:
            raise ValueError(f"{field} needs at least one item")
        *others, last = (items[start : start + BATCH] for start in range(0, len(items), BATCH))
        for batch in others:
            body = {"order_id": order_id, "items": list(batch), **rest}
            self._affect(name, field, body, "order", whole=False)
            done(len(batch))
        order = self._changed(name, field, {"order_id": order_id, "items": list(last), **rest})
        done(len(last))
        return order

    def _pages(
        self,
        name: str,
        load: Callable[[Mapping[str, Any]], tuple[T, ...]],
        field: str | None = None,
        asked: Mapping[str, Any] | None = None,
    ) -> tuple[T, ...]:
        """Read all pages of a list; `field` is its root field if that is not named like the document."""
        found: list[T] = []
        after: str | None = None
        for _ in range(MOST_PAGES):
            page = self._list(name, field or name, {**(asked or {}), "first": PAGE, "after": after})
            found += load(page)
            last, after = after, load_next_page(page)
            if after is None or after == last:
                return tuple(found)
        raise MalformedDocument(
            phrase("Afosto's list of %(list)s does not end", list=field or name), field="pageInfo.hasNextPage"
        )

    def _list(self, name: str, field: str, variables: Mapping[str, Any]) -> Mapping[str, Any]:
        page = self._call(name, variables, effect=False).get(field)
        if not isinstance(page, Mapping):
            raise MalformedDocument(
                phrase("Afosto's answer to %(name)s: the field '%(field)s' is no list", name=name, field=field),
                field=field,
            )
        return page

    def _changed(self, name: str, field: str, body: Mapping[str, Any]) -> Order:
        return self._mutate(name, field, body, "order", load_order, body.get("order_id"))

    def _mutate(
        self,
        name: str,
        field: str,
        body: Mapping[str, Any],
        key: str,
        load: Callable[[Mapping[str, Any]], N],
        named: str | None = None,
    ) -> N:
        """Make a change and load the answer; an answer about another order or parcel than `named` counts as lost."""
        changed = self._affect(name, field, body, key)
        with answer_to_effect(field):
            shown = load(changed)
        if named not in (None, shown.id):
            raise AnswerLost(
                phrase(
                    "Afosto's answer to %(field)s shows %(shown)s instead of %(asked)s.",
                    field=field,
                    shown=shown.id,
                    asked=named,
                )
            )
        return shown

    def _affect(self, name: str, field: str, body: Mapping[str, Any], key: str, **choices: bool) -> Mapping[str, Any]:
        """Make a change and return the object under `key` of its answer; an answer without it counts as lost."""
        changed = self._call(name, {"input": without_nulls(body), **choices}, effect=True).get(field)
        shown = changed.get(key) if isinstance(changed, Mapping) else None
        if not isinstance(shown, Mapping):
            # Afosto's schema allows null here. The effect may still have happened, and can be looked up.
            raise AnswerLost(phrase("Afosto's answer to %(field)s does not show what was changed.", field=field))
        return shown

    def _call(self, name: str, variables: Mapping[str, Any], *, effect: bool) -> Mapping[str, Any]:
        with attribute_errors_to(Vendor.AFOSTO):
            return self._data(name, variables, effect=effect)

    def _data(self, name: str, variables: Mapping[str, Any], *, effect: bool) -> Mapping[str, Any]:
        body = {"query": document(name), "variables": variables}
        with call_span(Vendor.AFOSTO, name, effect=effect):
            answer = self._http.send(
                "POST", self._url, effect=effect, headers=self._headers, body=body, interpret=interpret
            )
        data = answer.document.get("data") if isinstance(answer.document, Mapping) else None
        if not isinstance(data, Mapping) and effect:
            raise AnswerLost(phrase("The answer to %(name)s is not a GraphQL answer of Afosto.", name=name))
        if not isinstance(data, Mapping):
            raise NeedsPerson(
                phrase("the address does not answer as Afosto's GraphQL does"),
                reason=Reason.BAD_ADDRESS,
                resolution=CHECK_AFOSTO_ADDRESS(),
                store_wide=True,
            )
        return data


def _readable(nodes: Sequence[Mapping[str, Any]]) -> Iterator[Order]:
    for node in nodes:
        with suppress(MalformedDocument):
            yield load_order(node)
