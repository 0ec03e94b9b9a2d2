"""Cancellations: pieces canceled on one side against pieces the connector canceled on the other, line by line.

The rule. Of a line of `ordered` pieces, `left out` were canceled before the import and `packed` have been packed by
either side; the others are free to be canceled. If the shop and Afosto together canceled more than are free, they
canceled the same last pieces, which are one cancellation and have no effect on either side. So

    expected in Afosto = canceled by the shop − left out − canceled twice
    expected in the shop = canceled by Afosto − canceled twice

A payment method that takes all or nothing lets Afosto's cancellation into the shop only when nothing is left of the
order; until then a person decides.
"""

from collections.abc import Iterator

from workers.local.proofs.deeds import Case
from workers.local.proofs.report import Claim, Document


def cancellations(case: Case) -> Iterator[Claim]:
    """What the connector must have canceled, per line and side."""
    for line in case.shop["lines"]:
        what = f"line {line['sku']}, pieces canceled"
        ours, theirs, twice = _figures(case, line)
        expected = 0 if _is_forbidden(case) else theirs - twice
        if case.order:
            seen = case.imported.canceled[line["id"]]
            yield Claim("canceled", what, "Afosto", ours - twice, seen, ours)
        yield Claim("canceled", what, "shop", expected, case.exported.canceled[line["id"]], theirs)


def canceled_partly(case: Case) -> bool:
    """Whether Afosto canceled a part of an order that can be canceled as a whole only."""
    figures = (_figures(case, line) for line in case.shop["lines"])
    return _is_forbidden(case) and any(theirs > twice for _, theirs, twice in figures)


def is_contested(case: Case) -> bool:
    """Whether one side did what the other cannot follow: then no connector can make them equal.

    One canceled what the other has packed, both packed it but not in equal parcels, both took it back, or one took back
    what by the other's word was never collected. Where both canceled the same pieces of a line of which others were
    packed meanwhile, it depends on who was first what could still be carried over.
    """
    return case.order is not None and any(_is_line_contested(case, line) for line in case.shop["lines"])


def _is_line_contested(case: Case, line: Document) -> bool:
    ours, theirs, twice = _figures(case, line)
    packed = case.packed(line)
    came_back = case.shop_did.came_back(line["id"]) + case.afosto_did.came_back(line["id"])
    canceled_what_is_packed = twice > min(ours, theirs)
    unclear_who_was_first = twice > 0 and packed > 0
    return (
        canceled_what_is_packed
        or unclear_who_was_first
        or packed > _held(case, line)
        or came_back > case.handed_over(line)
    )


def _figures(case: Case, line: Document) -> tuple[int, int, int]:
    """Pieces canceled by the shop since the import, by Afosto, and by both."""
    ours = max(0, case.shop_did.canceled[line["id"]] - case.left_out(line))
    theirs = case.afosto_did.canceled[line["id"]]
    return ours, theirs, max(0, ours + theirs - (_held(case, line) - case.packed(line)))


def _held(case: Case, line: Document) -> int:
    return int(line["ordered"]) - case.left_out(line)


def _is_forbidden(case: Case) -> bool:
    return case.takes_all_or_none and not all(_is_nothing_left(case, line) for line in case.shop["lines"])


def _is_nothing_left(case: Case, line: Document) -> bool:
    ours, theirs, twice = _figures(case, line)
    return ours + theirs - twice >= _held(case, line)
