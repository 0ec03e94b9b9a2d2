"""What is wrong with stores, and what is off at them, told once per kind with what to do about it."""

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from clients.scopes import cockpit_name, missing_scopes
from ledger.database import Row
from schemas.advice import advice
from schemas.flows import STOCK_STOPS, flow_name
from schemas.words import named

_PUBLISH = "inventory.publish"

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Kind:
    """What is so of one store or of many, and what a person does about it."""

    text: str
    advice: str


def troubles(stores: Sequence[Row]) -> Iterator[Kind]:
    """Yield what is wrong with a vendor for stores, and which flows stopped themselves."""
    for (vendor, reason), ills in _grouped(stores, _ills).items():
        first = min(ills.values(), key=lambda ill: str(ill["since"]))
        yield Kind(
            f"{_who(ills)}: {vendor} since {first['since'][:19]}: {first['message']} ({reason})",
            f"what to do: {advice(_any(ills), reason)}",
        )
    for (flow, reason), stops in _grouped(stores, _stops).items():
        message = next(iter(stops.values()))["message"]
        if reason in STOCK_STOPS:
            yield Kind(
                f"{_who(stops)} {'publishes' if len(stops) == 1 else 'publish'} no stock: {message}",
                f"see what would change: connector stock preview {_any(stops)}; "
                f"if that is right: connector stock confirm {_any(stops)}",
            )
            continue
        yield Kind(
            f"{_who(stops)}: the flow {flow} stopped itself for {reason}: {message}",
            f"look at the jobs, then: connector store resume {_any(stops)} --flow {flow}",
        )


def absences(stores: Sequence[Row]) -> Iterator[Kind]:
    """Yield what is off because a shop does not permit it or nobody chose it: no fault."""
    for scope, lacking in _grouped(stores, _boxes).items():
        flows = sorted(set().union(*lacking.values()))
        yield Kind(
            f"{_who(lacking)} {'lacks' if len(lacking) == 1 else 'lack'} {scope} ({cockpit_name(scope)}), "
            f"so off: {', '.join(flows)}",
            "to have it, tick the box in the cockpit, then: "
            f"connector store switch {_any(lacking)} {flows[0] if len(flows) == 1 else 'FLOW'} on",
        )
    placeless = {row["name"]: row for row in stores if _is_placeless(row)}
    if placeless:
        yield Kind(
            f"{_who(placeless)} {'publishes' if len(placeless) == 1 else 'publish'} no stock: "
            "it is not chosen which Afosto location's stock is sold",
            f"to have it: connector locations sell-from {_any(placeless)} AFOSTO_ID",
        )


def _grouped(stores: Iterable[Row], of: Callable[[Row], Iterable[tuple[K, V]]]) -> dict[K, dict[str, V]]:
    """Kind → store → what is so of it."""
    found: dict[K, dict[str, V]] = {}
    for row in stores:
        for kind, value in of(row):
            found.setdefault(kind, {})[row["name"]] = value
    return found


def _ills(row: Row) -> Iterator[tuple[tuple[str, str], dict[str, Any]]]:
    return (((ill["vendor"], ill["reason"]), ill) for ill in row["health"])


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
    """The one store there is, or the word for any of many."""
    return next(iter(stores)) if len(stores) == 1 else "STORE"
