"""How a SKU becomes wanted: within the transaction of whatever changed, together with the one job of its store."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ledger.database import Row, Session, fetch


@dataclass(frozen=True, slots=True)
class Publishing:
    """SKUs that a store's run is about to publish: what it learns of them meanwhile is no news to that store."""

    store: str
    skus: frozenset[str]


def wish_touched(session: Session, store: str, skus: Collection[str], by: Publishing | None = None) -> None:
    """What a store holds of these SKUs has changed: they are wanted at every store that sells from its locations."""
    if not skus:
        return
    publishers = [row["store"] for row in fetch(session, "stock.publishers", {"store": store})]
    news = {name: set(skus) - by.skus if by and by.store == name else set(skus) for name in publishers}
    told = [
        name
        for name in publishers
        if news[name] and fetch(session, "stock.wish_known", {"store": name, "skus": sorted(news[name])})
    ]
    if told:
        hint(session, told)


def hint(session: Session, stores: Iterable[str], *, wished: bool = False) -> list[Row]:
    """Ask for a run of these stores' jobs; returns (id, store) of those that are asked.

    A store whose past is not read yet is asked only when a person or another system `wished` it.
    """
    return fetch(session, "stock.hint", {"stores": list(stores), "wished": wished})
