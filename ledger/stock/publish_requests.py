"""Requests to publish a SKU, in the transaction of the change that causes it, with the one job of its store."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from ledger.postgres.database import Row, Statement, fetch
from ledger.postgres.session import Session
from tracing.spans import current


@dataclass(frozen=True, slots=True)
class Publishing:
    """SKUs that a store's run is about to publish. What the run learns of them is no news to that store."""

    store: str
    skus: frozenset[str]


def request_everywhere(session: Session, store: str, skus: Collection[str], by: Publishing | None = None) -> None:
    """Make these SKUs wanted at every store that sells from this store's locations: what it has sold has changed.

    `by` is the run that found the change; its own store is left out.
    """
    if skus:
        fetch(session, *_request(store=store, skus=sorted(skus), **_left_out(by)))


def request_noted(store: str, order_id: str, by: Publishing | None = None) -> Statement:
    """Return the statement that does the same for the order's lines that the transaction before it has noted."""
    return _request(store=store, order_id=order_id, **_left_out(by))


def request_run(session: Session, stores: Iterable[str], *, on_demand: bool = False) -> list[Row]:
    """Request a run of these stores' jobs; return (id, store) of the jobs that were requested.

    A store whose past is not read yet gets one only `on_demand`: when a person or another system asks for it.
    """
    return fetch(session, *_request(asked=list(stores), on_demand=on_demand))


def _request(**given: Any) -> Statement:
    nothing: dict[str, Any] = {"store": None, "skus": [], "order_id": None, "by": "", "spared": []}
    return "stock.request_everywhere", {**nothing, "asked": [], "on_demand": False, "trace": current(), **given}


def _left_out(by: Publishing | None) -> dict[str, Any]:
    return {"by": by.store, "spared": sorted(by.skus)} if by else {}
