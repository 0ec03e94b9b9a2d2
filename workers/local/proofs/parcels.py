"""Parcels: each that left one side has exactly one counterpart by the connector, equal in code, content and status."""

from collections.abc import Callable, Iterable, Iterator

from workers.local.proofs.cancellations import canceled_partly
from workers.local.proofs.deeds import Case, Key, Parcel
from workers.local.proofs.report import Claim, Difference, Side, Terms

_KeyOf = Callable[[Parcel], Key]


def parcels(case: Case) -> Iterator[Claim]:
    """What the connector must have made of the parcels and pickups of either side, and how far they must be.

    A pickup in the shop is always of the whole order: nobody chooses its content, so that is not compared. Where a part
    was canceled that the shop can only cancel as a whole, a person decides before it is laid out.
    """
    key = _code if case.shop["pickup"] else _code_and_content
    if not (case.shop["pickup"] and canceled_partly(case)):
        yield from _matched(case.afosto_did.parcels, case.exported.parcels, "shop", key)
    if case.order:
        yield from _matched(case.shop_did.parcels, case.imported.parcels, "Afosto", _code_and_content)


def mails(case: Case, terms: Terms) -> Iterator[Difference]:
    """The buyer hears exactly once of each parcel the connector brought into the shop, and of nothing else from it."""
    left = {parcel.id for parcel in case.exported.parcels if parcel.steps}
    wanted = 1 if terms.mails else 0
    for process in sorted(left | case.exported.mails.keys()):
        expected, sent = wanted if process in left else 0, case.exported.mails[process]
        if sent != expected:
            yield Difference(
                "mail", case.name, f"process {process}: {expected} mails to the buyer expected, {sent} sent"
            )


def _matched(causes: Iterable[Parcel], effects: Iterable[Parcel], toward: Side, key: _KeyOf) -> Iterator[Claim]:
    expected, seen = _by_key((parcel for parcel in causes if parcel.steps), key), _by_key(effects, key)
    for name in sorted(expected.keys() | seen.keys(), key=str):
        ours, theirs = expected.get(name, []), seen.get(name, [])
        what = f"parcel {name[0] or 'without code'}"
        yield Claim("parcel", what, toward, len(ours), len(theirs), len(ours))
        if len(ours) == len(theirs):
            steps = sum(ours)
            yield Claim("parcel-status", f"{what}, steps on its way", toward, steps, sum(theirs), steps)


def _by_key(found: Iterable[Parcel], key: _KeyOf) -> dict[Key, list[int]]:
    keyed: dict[Key, list[int]] = {}
    for parcel in found:
        keyed.setdefault(key(parcel), []).append(parcel.steps)
    return keyed


def _code_and_content(parcel: Parcel) -> Key:
    return parcel.code, parcel.content


def _code(parcel: Parcel) -> Key:
    return parcel.code, frozenset()
