"""The log of causes: who did what in a shop, which rules were broken, and which mails were sent."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from simulators.epages.model.orders import Line, Order

By = Literal["shop", "connector"]


@dataclass(frozen=True, slots=True)
class Act:
    """Who acts on an order, their comment, and whether the customer gets a mail."""

    by: By = "shop"
    comment: str | None = None
    mail: bool = False


BY_SHOP = Act()


class Causes:
    """All acts in one shop, in sequence, as JSON documents. Each write to an order checks the rules."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._mails: Counter[str] = Counter()
        self._known: set[tuple[str, str]] = set()
        self.all: list[dict[str, Any]] = []
        self.violations: list[dict[str, Any]] = []

    def record(self, by: By, action: str, **detail: Any) -> None:
        """Record an act that took effect. Each action chooses the names in `detail`: usually order, lines, process."""
        self.all.append({"seq": len(self.all) + 1, "at": self._now().isoformat(), "by": by, "action": action} | detail)

    def mail(self, by: By, order: str, process: str) -> None:
        """Record a mail to the customer about a process; a second mail about the same process is a violation."""
        self._mails[process] += 1
        self.record(by, "mail", order=order, process=process)
        if self._mails[process] > 1:
            self.violate("mail-doubled", order, process, process=process, mails=self._mails[process])

    def mails(self, process: str) -> int:
        """How many mails were sent about a process."""
        return self._mails[process]

    def violate(self, rule: str, order: str | None, subject: str, **detail: Any) -> None:
        """Record that the last act broke `rule` for `subject`; the same violation is listed once."""
        if (rule, f"{subject}{detail}") not in self._known:
            self._known.add((rule, f"{subject}{detail}"))
            row = {"seq": len(self.all), "at": self._now().isoformat(), "rule": rule, "order": order}
            self.violations.append(row | {"subject": subject} | detail)

    def check(self, order: Order) -> None:
        """Check that nobody ships, cancels or returns more of a line than was ordered."""
        for line in order.lines:
            for rule, excess in broken_rules(line):
                self.violate(rule, order.id, line.id, excess=excess)


def broken_rules(line: Line) -> Iterable[tuple[str, int]]:
    """The rules that a line breaks, and by how many pieces."""
    if line.sent + line.canceled > line.initial:
        rule = "canceled-more-than-ordered" if line.canceled > line.initial else "shipped-more-than-ordered"
        yield rule, line.sent + line.canceled - line.initial
    if line.returnable < 0:
        yield "returned-more-than-shipped", -line.returnable
