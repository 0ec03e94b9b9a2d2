"""Describe what is wrong or switched off at stores, once per kind, with what to do about it."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from clients.scopes import cockpit_name, missing_scopes
from ledger.postgres.database import Row
from schemas.flows import STOCK_STOPS, flow_name
from schemas.wording.lists import named
from schemas.wording.store_advice import advice

_PUBLISH = "inventory.publish"

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Notice:
    """One statement about one or more stores, and what a person does about it."""

    text: str
    advice: str


def problems(stores: Sequence[Row]) -> Iterator[Notice]:
    """Yield problems with a vendor, and flows that were stopped automatically."""
    for (vendor, reason), found in _grouped(stores, _health_problems).items():
        first = min(found.values(), key=lambda problem: str(problem["since"]))
        yield Notice(
            f"{_who(found)}: {vendor} since {first['since'][:19]}: {first['message']} ({reason})",
            f"what to do: {advice(_any(found), reason)}",
        )
    for (flow, reason), stops in _grouped(stores, _stops).items():
        message = next(iter(stops.values()))["message"]
        said = f"{_who(stops)}: the flow {flow} was stopped automatically for {reason}: {message}"
        if reason in STOCK_STOPS:
            said = f"{_who(stops)} {'publishes' if len(stops) == 1 else 'publish'} no stock: {message}"
        yield Notice(said, after_a_stop(_any(stops), flow, reason))


def after_a_stop(store: str, flow: str, reason: str) -> str:
    """Return what a person does about a flow that was stopped automatically."""
    if reason in STOCK_STOPS:
        return (
            f"see what would change: connector stock preview {store}; if that is right: connector stock confirm {store}"
        )
    return f"look at the jobs, then: connector store resume {store} --flow {flow}"


def not_set_up(stores: Sequence[Row]) -> Iterator[Notice]:
    """Yield what is off because a shop does not permit it or nobody chose it. This is not an error."""
    for scope, lacking in _grouped(stores, _boxes).items():
        flows = sorted(set().union(*lacking.values()))
        yield Notice(
            f"{_who(lacking)} {'lacks' if len(lacking) == 1 else 'lack'} {scope} ({cockpit_name(scope)}), "
            f"so off: {', '.join(flows)}",
            "to have it, tick the box in the cockpit, then: "
            f"connector store switch {_any(lacking)} {flows[0] if len(flows) == 1 else 'FLOW'} on",
        )
    placeless = {row["name"]: row for row in stores if _is_placeless(row)}
    if placeless:
        yield Notice(
            f"{_who(placeless)} {'publishes' if len(placeless) == 1 else 'publish'} no stock: "
            "it is not chosen which Afosto location's stock is sold",
            f"to have it: connector locations sell-from {_any(placeless)} AFOSTO_ID",
        )


def _grouped(stores: Iterable[Row], of: Callable[[Row], Iterable[tuple[K, V]]]) -> dict[K, dict[str, V]]:
    """Group by kind: kind → store → value."""
    found: dict[K, dict[str, V]] = {}
    for row in stores:
        for kind, value in of(row):
            found.setdefault(kind, {})[row["name"]] = value
    return found


def _health_problems(row: Row) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    return (((problem["vendor"], problem["reason"]), problem) for problem in row["health"])


def _stops(row: Row) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    stops = ((flow_name(stop["direction"], stop["flow"]), stop) for stop in row["stopped"])
    return (((flow, stop["reason"]), stop) for flow, stop in stops if flow not in _off(row))


def _boxes(row: Row) -> Iterator[tuple[str, set[str]]]:
    """Scope → the flows that are off and need it."""
    off = {name: missing_scopes(name, row["scopes"]) for name in _off(row)}
    scopes = sorted({scope for lacking in off.values() for scope in lacking})
    return ((scope, {name for name, lacking in off.items() if scope in lacking}) for scope in scopes)


def _is_placeless(row: Row) -> bool:
    return not row["sells_stock"] and _PUBLISH not in _off(row)


def _off(row: Row) -> list[str]:
    return [flow_name(off["direction"], off["flow"]) for off in row["off"]]


def _who(stores: dict[str, Any]) -> str:
    return named(list(stores), "store")


def _any(stores: dict[str, Any]) -> str:
    """Return the name of the only store, or the placeholder STORE for several."""
    return next(iter(stores)) if len(stores) == 1 else "STORE"
