"""Judges every move of the stock by the connector: no more may be for sale than there is.

A shop is told which Afosto tenant and locations it sells from. At each move it asks the simulated Afosto what is
available there (A) and compares the new stock with A − U: U is what this shop, and every other one that sells from
those locations, has sold and Afosto has not booked. Orders that are not opened there count as they are held, of the
others no more than the units that wait for stock. What went elsewhere after the connector had read A is excused: it
cannot have known.
"""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from typing import Any

import requests

from schemas.mapping.orders import reference
from simulators.epages.orders import Line, Order
from simulators.epages.shop import Shop

_TIMEOUT = 10.0


@dataclass(slots=True)
class Oracle:
    """Where the truth about one shop's stock is: Afosto's control API at `url`; orders count from `since` on."""

    shop: Shop
    url: str
    tenant: str
    locations: tuple[str, ...]
    since: datetime
    opened: set[str] = field(default_factory=set)
    _lines: dict[str, list[tuple[Order, Line]]] = field(default_factory=dict)
    _indexed: int = 0

    def shares(self, other: "Oracle") -> bool:
        """Whether both shops sell from a common location."""
        same = (self.url, self.tenant) == (other.url, other.tenant)
        return same and not set(self.locations).isdisjoint(other.locations)

    def held(self, sku: str) -> Iterator[tuple[str, str, int]]:
        """(reference, line, pieces) of what the shop has sold of a SKU and not taken back."""
        for order in islice(list(self.shop.orders.values()), self._indexed, None):
            for line in order.lines:
                self._lines.setdefault(line.item.sku, []).append((order, line))
        self._indexed = len(self.shop.orders)
        for order, line in self._lines.get(sku, ()):
            pieces = line.initial - line.canceled - line.returned
            if pieces > 0 and not order.test and not order.malformed and order.created_at >= self.since:
                yield reference(self.shop.name, order.id), line.id, pieces


async def judge(oracle: Oracle, all_oracles: Iterable[Oracle], moves: Iterable[Mapping[str, Any]]) -> None:
    """Note a violation for each move after which more was for sale than A − U, then and when Afosto had answered."""
    sellers = [other for other in all_oracles if oracle.shares(other)]
    for move in moves:
        sku = move["sku"]
        before = _sold(sellers, sku)
        known = {name for seller in sellers for name in seller.opened}
        asked = {
            "sku": sku,
            "locations": oracle.locations,
            "references": sorted({name for name, _, _ in before} - known),
            "readings": len(sellers),
        }
        try:
            truth = await asyncio.to_thread(_ask, oracle, asked)
        except requests.RequestException as error:
            oracle.shop.causes.violate("stock-not-judged", None, f"{move['seq']}", sku=sku, error=str(error))
            continue
        oracle.opened.update(truth["opened"])
        known |= set(truth["opened"])
        item = oracle.shop.catalog.by_sku[sku]
        then, now = (_allowed(truth, sold, known) for sold in (before, _sold(sellers, sku)))
        if move["stock"] > then and (item.stock or 0) > now:
            detail = {"sku": sku, "stock": move["stock"], "allowed": then, "available": truth["available"]}
            oracle.shop.causes.violate("oversold", None, f"{move['seq']}", **detail)


def _sold(sellers: Iterable[Oracle], sku: str) -> list[tuple[str, str, int]]:
    return [line for seller in sellers for line in seller.held(sku)]


def _allowed(truth: Mapping[str, Any], sold: Iterable[tuple[str, str, int]], opened: set[str]) -> int:
    promised = sum(
        min(pieces, truth["waiting"].get(name, {}).get(line, 0)) if name in opened else pieces
        for name, line, pieces in sold
    )
    return max(0, int(truth["available"]) + int(truth["lost"]) - promised)


def _ask(oracle: Oracle, asked: Mapping[str, Any]) -> Mapping[str, Any]:
    with requests.Session() as session:
        # Proxies of the environment must not come between the simulators.
        session.trust_env = False
        url = f"{oracle.url}/_sim/tenants/{oracle.tenant}/inventory/truth"
        answer = session.post(url, json=asked, timeout=_TIMEOUT)
    answer.raise_for_status()
    truth: Mapping[str, Any] = answer.json()
    return truth
