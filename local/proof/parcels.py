"""Parcels: for each parcel that left one side, the connector made exactly one with equal code, content and status.

It makes none for a parcel that both sides made by themselves: it updates the status, and reports different codes.
"""

from collections.abc import Callable, Iterable, Iterator

from local.proof.actions import Case
from local.proof.cancellations import canceled_partly
from local.proof.duplicate_parcels import Key, Parcel
from local.proof.report import Difference, Expectation, ProofSettings, Side

_KeyOf = Callable[[Parcel], Key]


def parcels(case: Case) -> Iterator[Expectation]:
    """Yield what the connector must have made of the parcels and pickups of either side, and how far they must be.

    A pickup in the shop is always the whole order. Nobody chooses its content, so that is not compared, and there is
    none before the whole order is ready. If Afosto canceled a part of an order that the shop can only cancel as a
    whole, a person decides before the pickup is made.
    """
    key = _code if case.shop["pickup"] else _code_and_content
    theirs = _without(case.afosto_did.parcels, (pair.parcel for pair in case.made_by_both))
    if case.shop["pickup"] and _is_partly_ready(case):
        theirs = []
    if not (case.shop["pickup"] and canceled_partly(case)):
        yield from _matched(theirs, case.exported.parcels, "shop", key)
    if case.order:
        ours = _without(case.shop_did.parcels, (pair.process for pair in case.made_by_both))
        yield from _matched(ours, case.imported.parcels, "Afosto", _code_and_content)
    for pair in case.made_by_both:
        what, steps = (
            f"parcel {pair.parcel.id} of both sides, steps on its way",
            max(pair.process.steps, pair.parcel.steps),
        )
        yield Expectation("parcel-status", what, "shop", steps, pair.process.steps, steps)
        yield Expectation("parcel-status", what, "Afosto", steps, pair.parcel.steps, steps)


def mails(case: Case, settings: ProofSettings) -> Iterator[Difference]:
    """The connector mails the buyer once for each parcel that it made or marked shipped in the shop, and no more."""
    left = {parcel.id for parcel in case.exported.parcels if parcel.steps} | case.exported.sent_off
    wanted = 1 if settings.mails else 0
    for process in sorted(left | case.exported.mails.keys()):
        expected, sent = wanted if process in left else 0, case.exported.mails[process]
        if sent != expected:
            yield Difference(
                "mail", case.name, f"process {process}: {expected} mails to the buyer expected, {sent} sent"
            )


def _matched(causes: Iterable[Parcel], effects: Iterable[Parcel], toward: Side, key: _KeyOf) -> Iterator[Expectation]:
    expected, seen = _by_key((parcel for parcel in causes if parcel.steps), key), _by_key(effects, key)
    for name in sorted(expected.keys() | seen.keys(), key=str):
        ours, theirs = expected.get(name, []), seen.get(name, [])
        what = f"parcel {name[0] or 'without code'}"
        yield Expectation("parcel", what, toward, len(ours), len(theirs), len(ours))
        if len(ours) == len(theirs):
            steps = sum(ours)
            yield Expectation("parcel-status", f"{what}, steps on its way", toward, steps, sum(theirs), steps)


def _by_key(found: Iterable[Parcel], key: _KeyOf) -> dict[Key, list[int]]:
    keyed: dict[Key, list[int]] = {}
    for parcel in found:
        keyed.setdefault(key(parcel), []).append(parcel.steps)
    return keyed


def _is_partly_ready(case: Case) -> bool:
    order = case.order or {"units": (), "parcels": ()}
    packed = {unit for parcel in order["parcels"] for unit in parcel["units"]}
    return any(unit["progress"] == "OPEN" and unit["id"] not in packed for unit in order["units"])


def _without(parcels: Iterable[Parcel], others: Iterable[Parcel]) -> list[Parcel]:
    left_out = {parcel.id for parcel in others}
    return [parcel for parcel in parcels if parcel.id not in left_out]


def _code_and_content(parcel: Parcel) -> Key:
    return parcel.key


def _code(parcel: Parcel) -> Key:
    return parcel.code, frozenset()
