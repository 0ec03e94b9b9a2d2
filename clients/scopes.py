"""The scopes that each flow needs in the shop's token, and the name of each scope's box in the German cockpit."""

from collections.abc import Collection, Iterable

from schemas.advice import TICK_BOX
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.wording.phrases import phrase

READ_ORDERS = "ordr:r"

# The boxes' names, as the setup guide shows them.
GUIDE_BOXES = {
    "prod:r": "Produkte lesen",
    "prda:r": "Produktverfügbarkeit lesen",
    "prda:u": "Produktverfügbarkeit aktualisieren",
    "ordr:r": "Bestellungen lesen",
    "ordr:u": "Bestelldaten aktualisieren",
    "shpr:c": "Versandprozesse erstellen",
    "shpr:r": "Versandprozesse lesen",
    "shpr:u": "Versandprozesse aktualisieren",
}
# The boxes that the guide forgets, with assumed names: they follow the pattern of those that it shows.
_ASSUMED = {
    "clpr:c": "Stornierungsprozesse erstellen",
    "clpr:r": "Stornierungsprozesse lesen",
    "rtpr:c": "Rücksendeprozesse erstellen",
    "rtpr:r": "Rücksendeprozesse lesen",
    "loca:r": "Standorte lesen",
    "orde:r": "Bestellereignisse lesen",
    "ordp:r": "Bestellprozesse lesen",
    "shpz:r": "Versandzonen lesen",
}
# Those of them that a flow or a page has a use for.
MORE_BOXES = {scope: _ASSUMED[scope] for scope in ("clpr:c", "clpr:r", "rtpr:c", "rtpr:r", "loca:r", "orde:r")}
_NEEDED: dict[str, tuple[str, ...]] = {
    "orders.import": ("ordr:r",),
    "cancellations.import": ("ordr:r",),
    "shipments.import": ("ordr:r", "shpr:r"),
    "returns.import": ("ordr:r",),
    # A flow that creates something must also be able to read it: otherwise a lost answer could never be resolved.
    "cancellations.export": ("ordr:r", "clpr:c", "clpr:r"),
    "returns.export": ("ordr:r", "rtpr:c", "rtpr:r", "shpr:r"),
    "shipments.export": ("ordr:r", "shpr:c", "shpr:r", "shpr:u"),
    "broken.export": ("ordr:r", "rtpr:c", "rtpr:r", "shpr:r"),
    "inventory.publish": ("prod:r", "prda:r", "prda:u", "ordr:r"),
    # Not a flow, but an option of the import of orders.
    "mark_orders": ("ordr:r", "ordr:u"),
}


def missing_scopes(name: str, granted: Collection[str]) -> tuple[str, ...]:
    """Return the scopes that a flow or option needs and the token lacks; empty if it has all."""
    return tuple(scope for scope in _NEEDED[name] if scope not in granted)


def cockpit_name(scope: str) -> str:
    """Return the name of a scope's box in the German cockpit, or the scope itself if the name is unknown."""
    return GUIDE_BOXES.get(scope) or _ASSUMED.get(scope) or scope


def boxes(scopes: Iterable[str]) -> str:
    """Return scopes as people read them, each with the name of its box in the German cockpit."""
    return ", ".join(f"{scope} ({cockpit_name(scope)})" for scope in scopes)


def require_granted(store: str, granted: Collection[str], flow: str, needed_by: str) -> None:
    """Raise NeedsPerson (missing-scope) when a store's token lacks a scope that a flow needs."""
    if lacking := missing_scopes(flow, granted):
        raise NeedsPerson(
            phrase(
                "the shop %(store)s has not granted %(boxes)s, which %(flow)s needs",
                store=store,
                boxes=boxes(lacking),
                flow=needed_by,
            ),
            reason=Reason.MISSING_SCOPE,
            resolution=TICK_BOX(store=store, flow=flow),
        )
