"""What to do about a store that is ill, and about its flows that the shop does not permit."""

from collections.abc import Iterator
from typing import Any

from clients.scopes import cockpit_name, missing_scopes
from schemas.flows import flow_name

_ADVICE = {
    "does-not-answer": "nothing, it goes on by itself when the vendor answers again",
    "wrong-credentials": "compare client id and secret with the cockpit, then: connector store credentials {store}",
    "revoked-client": "make a new app in the cockpit, then: connector store credentials {store} --client-id ID",
    "wrong-afosto-key": "make a new key in Afosto, then: connector store credentials {store} --afosto-key-stdin",
}
_ELSE = "compare its address and settings: connector store show {store}"


def advice(store: str, reason: str) -> str:
    """Return what a person does about a vendor's trouble with a store."""
    return _ADVICE.get(reason, _ELSE).format(store=store)


def not_permitted(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (flow, boxes it lacks) of the flows that are off and that the shop's app may not do."""
    for off in row["off"]:
        name = flow_name(off["direction"], off["flow"])
        lacking = missing_scopes(name, row["scopes"])
        if lacking:
            yield name, " and ".join(f"{scope} ({cockpit_name(scope)})" for scope in lacking)
