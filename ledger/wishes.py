"""How a SKU becomes wanted: within the transaction of whatever changed, together with the one job of its store."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from ledger.database import Row, Statement, fetch
from ledger.session import Session


@dataclass(frozen=True, slots=True)
class Publishing:
    """SKUs that a store's run is about to publish: what it learns of them meanwhile is no news to that store."""

    store: str
    skus: frozenset[str]


def wish_touched(session: Session, store: str, skus: Collection[str], by: Publishing | None = None) -> None:
    """What a store holds of these SKUs has changed: they are wanted at every store that sells from its locations."""
    if skus:
        fetch(session, *_touch(store=store, skus=sorted(skus), **_spared(by)))


def touch_noted(store: str, order_id: str, by: Publishing | None = None) -> Statement:
    """Give what makes wanted the SKUs of an order's lines that its transaction has noted."""
    return _touch(store=store, order_id=order_id, **_spared(by))


def hint(session: Session, stores: Iterable[str], *, wished: bool = False) -> list[Row]:
    """Ask for a run of these stores' jobs; returns (id, store) of those that are asked.

    A store whose past is not read yet is asked only when a person or another system `wished` it.
    """
    return fetch(session, *_touch(asked=list(stores), wished=wished))


def _touch(**given: Any) -> Statement:
    nothing: dict[str, Any] = {"store": None, "skus": [], "order_id": None, "by": "", "spared": []}
    return "stock.touch", {**nothing, "asked": [], "wished": False, **given}


def _spared(by: Publishing | None) -> dict[str, Any]:
    return {"by": by.store, "spared": sorted(by.skus)} if by else {}
