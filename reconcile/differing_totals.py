"""Orders of a store whose totals differ: by how much, why, and what each choice would do with them."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal

from clients.scopes import require_granted
from clients.status_errors import NotFound
from jobs.blocking_calls import BLOCKING_LANE
from jobs.runtime import Runtime
from jobs.vendor_clients import afosto_client, epages_client, reading_afosto, reading_epages
from ledger.orders.comparison import Totals
from ledger.records import Store
from reconcile.live_documents import PATIENCE_SECONDS
from reconcile.store import READING
from schemas import epages
from schemas.afosto import OrderDraft, OrderPrices
from schemas.errors import ConnectorError, NeedsPerson
from schemas.mapping.orders.drafts import order_draft, totals_differ
from schemas.reasons import Reason

EXAMPLES = 3
POLICIES = ("strict", "tolerate", "accept")


@dataclass(frozen=True, slots=True)
class PartDifference:
    """A part of an order that both sides price differently: a line by its SKU and name, or the fees (`sku` is None).

    With neither it is what no part explains: Afosto's total is not the sum of its own parts.
    """

    sku: str | None
    name: str | None
    shop: Decimal
    afosto: Decimal

    @property
    def difference(self) -> Decimal:
        """How much more Afosto counts."""
        return self.afosto - self.shop


@dataclass(frozen=True, slots=True)
class TotalsExample:
    """An order with both totals, in `currency`; None if a side cannot be asked: then they are those of the import.

    `parts` are where the difference comes from; None while that is not known, for `error` or because Afosto does not
    tell. `opens`: choice → whether the order would be opened.
    """

    order_id: str
    number: str
    currency: str | None
    shop: Decimal
    afosto: Decimal
    parts: Sequence[PartDifference] | None
    opens: Mapping[str, bool]
    error: ConnectorError | None = None

    @property
    def difference(self) -> Decimal:
        """How much more Afosto counts."""
        return self.afosto - self.shop


def examples_of_totals(runtime: Runtime, name: str) -> list[TotalsExample]:
    """Return up to three orders of a store, those first whose totals differ, as both sides have them now.

    Each is asked for once, with the deadline of a call. Raises NeedsPerson if the store is not connected.
    """
    store = runtime.ledger.stores.get(name)
    kept = runtime.ledger.comparing.totals(name, EXAMPLES)
    if not kept:
        return []
    locations = runtime.ledger.stores.locations(name)
    with ThreadPoolExecutor(2 * EXAMPLES) as pool:
        asked = [
            (each, pool.submit(_of_shop, runtime, store, each), pool.submit(_of_afosto, runtime, store, each))
            for each in kept
        ]
    return [_example(store, locations, each, shop, afosto) for each, shop, afosto in asked]


def _of_shop(runtime: Runtime, store: Store, each: Totals) -> epages.Order | None:
    require_granted(store.name, store.scopes, READING, "the comparison of totals")
    gate = reading_epages(runtime, store.name, BLOCKING_LANE, max_wait_seconds=PATIENCE_SECONDS, keeps=False)
    try:
        return epages_client(runtime, store, gate).order(each.order_id)
    except NotFound:
        return None


def _of_afosto(runtime: Runtime, store: Store, each: Totals) -> OrderPrices | None:
    gate = reading_afosto(runtime, store.afosto_bucket, BLOCKING_LANE, keeps=False)
    return afosto_client(runtime, store, gate).order_prices(each.afosto_id)


def _example(
    store: Store,
    locations: Mapping[str, str],
    kept: Totals,
    shop: Future[epages.Order | None],
    afosto: Future[OrderPrices | None],
) -> TotalsExample:
    number = kept.number or kept.order_id
    try:
        order, prices = shop.result(), afosto.result()
        draft = order_draft(order, store=store.name, channel_id="", locations=locations) if order else None
    except ConnectorError as error:
        unknown = isinstance(error, NeedsPerson) and error.reason == Reason.SCHEMA_MISMATCH
        return TotalsExample(
            kept.order_id,
            number,
            None,
            kept.shop,
            kept.afosto,
            None,
            _opens(kept.shop, kept.afosto, 1, "EUR"),
            None if unknown else error,
        )
    if order is None or draft is None or prices is None:
        return TotalsExample(
            kept.order_id, number, None, kept.shop, kept.afosto, None, _opens(kept.shop, kept.afosto, 1, "EUR")
        )
    parts = tuple(_parts(order, draft, prices))
    opens = _opens(draft.total, prices.total, len({item.line_ref for item in draft.items}), draft.currency)
    return TotalsExample(kept.order_id, number, draft.currency, draft.total, prices.total, parts, opens)


def _opens(shop: Decimal, afosto: Decimal, lines: int, currency: str) -> Mapping[str, bool]:
    return {policy: not totals_differ(shop, afosto, lines, policy, currency) for policy in POLICIES}


def _parts(order: epages.Order, draft: OrderDraft, prices: OrderPrices) -> Iterator[PartDifference]:
    """Yield the parts that differ, and what no part explains."""
    wanted: dict[str, Decimal] = {}
    for item in draft.items:
        wanted[item.line_ref] = wanted.get(item.line_ref, Decimal(0)) + item.price * item.quantity
    lines = {line.id: line for line in order.lines}
    for line_id in dict.fromkeys([*wanted, *prices.lines]):
        ours, theirs = wanted.get(line_id, Decimal(0)), prices.lines.get(line_id, Decimal(0))
        if ours != theirs:
            line = lines.get(line_id)
            yield PartDifference(line.sku if line else line_id, line.name if line else None, ours, theirs)
    fees = sum((fee.amount for fee in draft.fees), Decimal(0))
    if fees != prices.fees:
        yield PartDifference(None, "", fees, prices.fees)
    ours, theirs = sum(wanted.values(), fees), sum(prices.lines.values(), prices.fees)
    rest = (prices.total - draft.total) - (theirs - ours)
    if rest:
        yield PartDifference(None, None, Decimal(0), rest)
