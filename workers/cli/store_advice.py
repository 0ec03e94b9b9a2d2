"""The flows of a store that the shop does not permit."""

from collections.abc import Iterator
from typing import Any

from clients.scopes import cockpit_name, missing_scopes
from schemas.flows import flow_name


def not_permitted(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (flow, boxes it lacks) of the flows that are off and that the shop's app may not do."""
    for off in row["off"]:
        name = flow_name(off["direction"], off["flow"])
        lacking = missing_scopes(name, row["scopes"])
        if lacking:
            yield name, " and ".join(f"{scope} ({cockpit_name(scope)})" for scope in lacking)
