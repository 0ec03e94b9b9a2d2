"""What a person decides about an order that is held after a restore of the database."""

from collections.abc import Sequence

from clients.afosto.client import AfostoClient
from clients.http import Http
from ledger.ledger import Ledger
from ledger.postgres.database import Row
from ledger.status import Status
from schemas.errors import NeedsPerson
from schemas.mapping.orders.drafts import reference
from schemas.reasons import Reason
from schemas.settings import Settings
from sync.who import who

_LIST = "see those that are held: connector restore list"


def link_order(ledger: Ledger, settings: Settings, store: str, order: str, afosto_id: str) -> None:
    """Bind a held order to the Afosto order that it is, once Afosto says that it fits; its import then goes on.

    Raises NeedsPerson: not-held, or not-this-order when there is no such order in Afosto, it is another one's, or it is
    a draft; RetryLater.
    """
    (held,) = held_orders(ledger, store, [order])
    _must_fit(settings, ledger, held, afosto_id)
    links = Status(ledger.database).order(store, held["order_id"])["links"]
    old = next((link["afosto_id"] for link in links if link["kind"] == "order"), None)
    key = (store, held["order_id"])
    if old is None:
        ledger.links.bind_order(*key, afosto_id, held["id"], {})
    elif old != afosto_id:
        ledger.links.replace_draft(*key, old, afosto_id, held["id"], {})
    ledger.jobs.retry(ids=[held["id"]], by=who())


def release_orders(ledger: Ledger, store: str, orders: Sequence[str] | None) -> int:
    """Let held orders (all of the store when None) be imported, as they are not in Afosto; returns how many.

    Raises NeedsPerson (not-held).
    """
    found = held_orders(ledger, store, orders)
    for held in found:
        ledger.restores.mark_recovered(store, held["order_id"])
    return len(ledger.jobs.retry(ids=[held["id"] for held in found], by=who()))


def held_orders(ledger: Ledger, store: str, orders: Sequence[str] | None) -> list[Row]:
    """Return the rows of these orders, by number or ePages id. Raises NeedsPerson (not-held) for one that is not."""
    ledger.stores.facts(store)
    rows = ledger.restores.undecided(store)
    if orders is None:
        return rows
    known = {row["number"]: row for row in rows} | {row["order_id"]: row for row in rows}
    for order in orders:
        if order not in known:
            raise NeedsPerson(f"order {order} of {store} is not held", reason=Reason.NOT_HELD, resolution=_LIST)
    return [known[order] for order in dict.fromkeys(orders)]


def _must_fit(settings: Settings, ledger: Ledger, held: Row, afosto_id: str) -> None:
    store, wanted = held["store"], reference(held["store"], held["order_id"])
    key = ledger.stores.secret(store, "afosto_key")
    afosto = AfostoClient(settings.afosto_url, Http(deadline_seconds=settings.call_deadline), key)
    found = afosto.order(afosto_id)
    problem = None
    if found is None:
        problem = "there is none of this id"
    elif found.reference != wanted:
        problem = f"its reference is {found.reference or 'empty'}, not {wanted}"
    elif found.status == "CONCEPT":
        problem = f"it is a draft; let another be made: connector restore release {store} {held['number']}"
    if problem:
        raise NeedsPerson(
            f"the Afosto order {afosto_id} is not order {held['number']} of {store}: {problem}",
            reason=Reason.NOT_THIS_ORDER,
            resolution=f"look for {wanted} in Afosto, and give the id of that order",
        )
