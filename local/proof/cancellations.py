"""Cancellations: pieces canceled on one side against pieces the connector canceled on the other, line by line.

The rule: of the `ordered` pieces of a line, some were `left out` (canceled before the import) and some were `packed`
by either side; the others can be canceled. If the shop and Afosto together canceled more than that, they canceled the
same last pieces. These are one cancellation and have no effect on either side. So

    expected in Afosto = canceled by the shop − left out − canceled by both
    expected in the shop = canceled by Afosto − canceled by both

If the payment method allows no partial cancellation, Afosto's cancellation has its effect in the shop only when nothing
is left of the order; until then a person decides.
"""

from collections.abc import Iterator

from local.proof.actions import Case
from local.proof.report import Document, Expectation


def cancellations(case: Case) -> Iterator[Expectation]:
    """Yield what the connector must have canceled, per line and side."""
    for line in case.shop["lines"]:
        what = f"line {line['sku']}, pieces canceled"
        ours, theirs, by_both = _figures(case, line)
        expected = 0 if _is_forbidden(case) else theirs - by_both
        if case.order:
            seen = case.imported.canceled[line["id"]]
            yield Expectation("canceled", what, "Afosto", ours - by_both, seen, ours)
        yield Expectation("canceled", what, "shop", expected, case.exported.canceled[line["id"]], theirs)


def canceled_partly(case: Case) -> bool:
    """Return whether Afosto canceled a part of an order that can only be canceled as a whole."""
    figures = (_figures(case, line) for line in case.shop["lines"])
    return _is_forbidden(case) and any(theirs > by_both for _, theirs, by_both in figures)


def is_contested(case: Case) -> bool:
    """Return whether one side did what the other cannot follow. Then no connector can make them equal.

    One side canceled pieces that the other has packed, both packed them but in different parcels, both took them back,
    or one took back pieces that were never collected according to the other. If both canceled the same pieces of a line
    and other pieces were packed meanwhile, the effects depend on which side was first.
    """
    return case.order is not None and any(_is_line_contested(case, line) for line in case.shop["lines"])


def _is_line_contested(case: Case, line: Document) -> bool:
    ours, theirs, by_both = _figures(case, line)
    packed = case.packed(line)
    came_back = case.shop_did.came_back(line["id"]) + case.afosto_did.came_back(line["id"])
    canceled_what_is_packed = by_both > min(ours, theirs)
    unclear_who_was_first = by_both > 0 and packed > 0
    return (
        canceled_what_is_packed
        or unclear_who_was_first
        or packed > _imported(case, line)
        or came_back > case.handed_over(line)
    )


def _figures(case: Case, line: Document) -> tuple[int, int, int]:
    """Return the pieces canceled by the shop since the import, by Afosto, and by both."""
    ours = max(0, case.shop_did.canceled[line["id"]] - case.left_out(line))
    theirs = case.afosto_did.canceled[line["id"]]
    return ours, theirs, max(0, ours + theirs - (_imported(case, line) - case.packed(line)))


def _imported(case: Case, line: Document) -> int:
    return int(line["ordered"]) - case.left_out(line)


def _is_forbidden(case: Case) -> bool:
    return case.takes_all_or_none and not all(_is_nothing_left(case, line) for line in case.shop["lines"])


def _is_nothing_left(case: Case, line: Document) -> bool:
    ours, theirs, by_both = _figures(case, line)
    return ours + theirs - by_both >= _imported(case, line)
