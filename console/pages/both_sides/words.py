"""The words of the pages on which the two sides of a store are compared."""

from collections.abc import Mapping
from decimal import Decimal

from flask_babel import lazy_gettext

from schemas.values.currencies import written

# What mends a difference, as `connector reconcile` names it.
STATES: Mapping[str, str] = {
    "for a person": lazy_gettext("for a person"),
    "repairable": lazy_gettext("can be repaired"),
    "on its way": lazy_gettext("on its way"),
}
TONES: Mapping[str, str] = {"for a person": "bad", "repairable": "warn", "on its way": "calm"}
KINDS: Mapping[str, str] = {
    "missing": lazy_gettext("not open in Afosto"),
    "deleted": lazy_gettext("gone on one side"),
    "doubled": lazy_gettext("twice in Afosto"),
    "orphan": lazy_gettext("in Afosto without its order"),
    "units": lazy_gettext("lines"),
    "address": lazy_gettext("address"),
    "total": lazy_gettext("total"),
    "canceled": lazy_gettext("canceled"),
    "shipped": lazy_gettext("shipped"),
    "delivered": lazy_gettext("delivered"),
    "returned": lazy_gettext("returned"),
    "contradiction": lazy_gettext("figures that contradict each other"),
    "unreadable": lazy_gettext("cannot be read"),
    "stock": lazy_gettext("stock"),
}
# What each choice about totals does with an order.
OPENS = lazy_gettext("is opened")
WAITS = lazy_gettext("waits for a person")


def amount(value: Decimal, currency: str | None) -> str:
    """Write an amount; without a currency if that is not known."""
    return written(value, currency) if currency else f"{value:f}"


def more(value: Decimal, currency: str | None) -> str:
    """Write by how much Afosto's amount is more (+) or less (−)."""
    sign = "+" if value > 0 else "−" if value < 0 else ""
    return f"{sign}{amount(abs(value), currency)}"
