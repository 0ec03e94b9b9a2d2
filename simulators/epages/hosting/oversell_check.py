"""Check for overselling: after a stock change by the connector, no more may be for sale than there is.

A shop's check knows the Afosto tenant and the locations that the shop sells from. At each change it asks the simulated
Afosto how much is available there (A) and compares the new stock with A − U. U is the unbooked stock: what this shop,
and every other shop that shares locations with it, has sold and Afosto has not booked. An order that is not opened in
Afosto counts in full; an opened one counts only with its units that wait for stock.

Some differences are excused, because the connector could not know of them:

- what was sold elsewhere in Afosto after the connector had read A (it reads A before it reads the shop's stock);
- what other shops sold after that;
- pieces that Afosto reserved meanwhile, and perhaps sent, for an order whose pieces are in the shop's stock again,
  because it was just canceled, or because they had been returned there: they come back by themselves;
- a change of an item that got its SKU after the connector had read it; if the change takes effect late, the SKU may
  have been read again meanwhile, so a late change of an item that ever got another SKU is not judged.

When a change lowers the stock, the sales of other shops do not count. While one of them cannot be asked, the connector
lowers by what it knows; this may be too little, but it makes nothing worse. When nothing moves any more, the stock is
compared with A − U in any case (`local.proof.stock`).
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import requests

from schemas.mapping.orders.drafts import reference
from simulators.epages.model.catalog import Item
from simulators.epages.model.orders import Line, Order
from simulators.epages.shop.shop import Shop

_TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Sold:
    """The `pieces` of a SKU that an order line had when the connector read the stock.

    They are excused if the connector could not know of them (`known` is false). The shop has put `restocked` of them
    back since. `counts` is false for lines that Afosto never books: those of test orders, of broken
    orders, and of orders before `since`.
    """

    reference: str
    line: str
    pieces: int
    known: bool
    restocked: int
    counts: bool

    def unbooked(self, opened: set[str], undeducted: Mapping[str, Mapping[str, int]]) -> int:
        """Its part of U. Negative for what the connector could not know and Afosto has booked since."""
        if not self.counts:
            return 0
        waiting = undeducted.get(self.reference, {}).get(self.line, 0)
        left = min(self.pieces, waiting) if self.reference in opened else self.pieces
        return left if self.known else left - self.pieces


@dataclass(slots=True)
class OversellCheck:
    """The check of one shop: it asks Afosto's control API at `url`; orders count from `since` on.

    Each seller reads what is available at Afosto up to `readings` times while this one's reading is under way.
    """

    shop: Shop
    url: str
    tenant: str
    locations: tuple[str, ...]
    since: datetime
    readings: int = 1
    opened: set[str] = field(default_factory=set)
    _lines: dict[str, list[tuple[Order, Line]]] = field(default_factory=dict)
    _indexed: int = 0

    def shares(self, other: "OversellCheck") -> bool:
        """Whether both shops sell from a common location."""
        same = (self.url, self.tenant) == (other.url, other.tenant)
        return same and not set(self.locations).isdisjoint(other.locations)

    def sold(self, sku: str, seen: datetime | None) -> Iterator[Sold]:
        """What the shop has sold of a SKU. Orders from `seen` on were not known to the connector; None: all were."""
        for order in islice(list(self.shop.orders.values()), self._indexed, None):
            for line in order.lines:
                self._lines.setdefault(line.sku, []).append((order, line))
        self._indexed = len(self.shop.orders)
        restocked = self._restocked(sku) if seen is None else {}
        for order, line in self._lines.get(sku, ()):
            back = restocked.pop((order.id, line.id), 0)
            pieces = line.initial - line.canceled - line.returned + back
            counts = not order.test and not order.malformed and order.created_at >= self.since
            if back or (pieces > 0 and counts):
                known = seen is None or (order.placed_at or order.created_at) < seen
                yield Sold(reference(self.shop.name, order.id), line.id, pieces, known, back, counts)
        for (order_id, line_id), back in restocked.items():
            # The line was sold under another SKU.
            yield Sold(reference(self.shop.name, order_id), line_id, 0, True, back, counts=False)

    def _restocked(self, sku: str) -> Counter[tuple[str, str]]:
        """(order, line) → pieces put back since the connector last read the stock."""
        read_at, found = self.shop.last_read.get(sku), Counter[tuple[str, str]]()
        for restock in self.shop.restocks.get(sku, ()):
            if read_at and restock.at >= read_at:
                found[restock.order_id, restock.line_id] += restock.pieces
        return found


async def check_moves(
    check: OversellCheck, all_checks: Iterable[OversellCheck], moves: Iterable[Mapping[str, Any]], *, late: bool
) -> None:
    """Record a violation for each change that put more up for sale than A − U; `late`: they take effect late.

    This must have been so when it happened, and still be so after Afosto's answer.
    """
    sellers = [other for other in all_checks if check.shares(other)]
    for move in moves:
        sku, counted = move["sku"], sellers if move["amount"] > 0 else [check]
        before = _sold(check, counted, sku)
        known = {name for seller in sellers for name in seller.opened}
        asked = {
            "sku": sku,
            "locations": check.locations,
            "references": sorted({sold.reference for sold in before} - known),
            "before": int(check.shop.last_read.get(sku, check.shop.now()).timestamp() * 1000),
            "readings": len(sellers) * check.readings,
        }
        try:
            state = await asyncio.to_thread(_ask, check, asked)
        except requests.RequestException as error:
            check.shop.causes.violate("stock-not-checked", None, f"{move['seq']}", sku=sku, error=str(error))
            continue
        check.opened.update(state["opened"])
        known |= set(state["opened"])
        item = check.shop.catalog.items.get(move["item"])
        if item is None or (item.renamed_at and late) or _renamed_since_it_was_read(check, item):
            continue
        then, now = (_allowed(state, sold, known) for sold in (before, _sold(check, counted, sku)))
        if move["stock"] > then and (item.stock or 0) > now:
            detail = {
                "sku": sku,
                "amount": move["amount"],
                "stock": move["stock"],
                "allowed": then,
                "available": state["available"],
            }
            detail |= {"lost": state["lost"], "reserved": state["reserved"], "still": item.stock, "allowed_now": now}
            detail |= {"before": asked["before"], "since": state["since"], "late": late}
            detail |= {"sold": [asdict(s) for s in before if s.unbooked(known, state["waiting"]) or s.restocked]}
            check.shop.causes.violate("oversold", None, f"{move['seq']}", **detail)


def _renamed_since_it_was_read(check: OversellCheck, item: Item) -> bool:
    read_at = check.shop.last_read.get(item.sku)
    return item.renamed_at is not None and (read_at is None or read_at < item.renamed_at)


def _sold(check: OversellCheck, sellers: Iterable[OversellCheck], sku: str) -> list[Sold]:
    """What all sellers have sold. A sale of this shop lowers its own stock, so none of its sales needs an excuse."""
    seen = check.shop.last_read.get(sku)
    return [sold for seller in sellers for sold in seller.sold(sku, None if seller is check else seen)]


def _allowed(state: Mapping[str, Any], sold: Sequence[Sold], opened: set[str]) -> int:
    unbooked = sum(each.unbooked(opened, state["waiting"]) for each in sold)
    pieces = {(each.reference, each.line): each.pieces for each in sold}
    taken_back = 0
    for name, lines in state["reserved"].items():
        taken_back += sum(max(0, int(count) - pieces.get((name, line), 0)) for line, count in lines.items())
    restocked = sum(each.restocked for each in sold)
    return max(0, int(state["available"]) + int(state["lost"]) + taken_back - unbooked) + restocked


def _ask(check: OversellCheck, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    with requests.Session() as session:
        # Do not use a proxy that the environment names.
        session.trust_env = False
        url = f"{check.url}/_sim/tenants/{check.tenant}/inventory/state"
        answer = session.post(url, json=asked, timeout=_TIMEOUT)
    answer.raise_for_status()
    state: Mapping[str, Any] = answer.json()
    return state
