"""The flows of a store. Each has its own switch and is named after the task that runs it."""

from collections.abc import Mapping

from schemas.reasons import Reason

# Name → (direction, flow) as the ledger keeps it. `broken.export` is a part of `returns.export` with a switch of its
# own: writing a rejected return into the shop as BROKEN makes the shop start a refund by itself.
SWITCHES: Mapping[str, tuple[str, str]] = {
    "orders.import": ("import", "orders"),
    "cancellations.import": ("import", "cancellations"),
    "shipments.import": ("import", "shipments"),
    "returns.import": ("import", "returns"),
    "cancellations.export": ("export", "cancellations"),
    "shipments.export": ("export", "shipments"),
    "returns.export": ("export", "returns"),
    "broken.export": ("export", "broken"),
    "inventory.publish": ("export", "inventory"),
}
# Why a store's stock stands still until somebody has seen what it would become and confirms it.
STOCK_TO_CONFIRM, STOCK_TO_ZERO = Reason.STOCK_TO_CONFIRM, Reason.STOCK_TO_ZERO
STOCK_STOPS = (STOCK_TO_CONFIRM, STOCK_TO_ZERO)
# The task that finds out what to export. It has no switch.
LOOK = "orders.look"
# Name → (direction, flow) of everything that becomes a job.
JOBS: Mapping[str, tuple[str, str]] = {**SWITCHES, LOOK: ("export", "looks")}
IMPORTS = tuple(name for name, (direction, _) in SWITCHES.items() if direction == "import")
EXPORTS = tuple(name for name, (direction, _) in SWITCHES.items() if direction == "export")

_NAMES = {pair: name for name, pair in JOBS.items()}


def flow_name(direction: str, flow: str) -> str:
    """Return the name that people use for a flow of the ledger."""
    return _NAMES[direction, flow]
