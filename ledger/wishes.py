"""How a SKU becomes wanted: within the transaction of whatever changed, together with the one job of its store."""

from collections.abc import Collection, Iterable

from ledger.database import Row, Session, fetch


def wish_touched(session: Session, store: str, skus: Collection[str]) -> None:
    """What a store holds of these SKUs has changed: they are wanted at every store that sells from its locations."""
    if not skus:
        return
    publishers = [row["store"] for row in fetch(session, "stock.publishers", {"store": store})]
    if publishers:
        wish(session, publishers, skus, known=True)


def wish(session: Session, stores: Collection[str], skus: Collection[str], *, known: bool) -> list[Row]:
    """Make SKUs wanted and hint the jobs that publish them; with `known`, not what a shop was found not to know."""
    fetch(session, "stock.wish", {"stores": list(stores), "skus": list(skus), "known": known})
    return hint(session, stores)


def hint(session: Session, stores: Iterable[str]) -> list[Row]:
    """Ask for a run of these stores' jobs; returns (id, store) of those that are connected."""
    return fetch(session, "stock.hint", {"stores": list(stores)})
