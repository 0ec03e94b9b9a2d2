"""Returns: pieces taken back on one side against pieces the connector took back on the other, line by line.

The two vendors' states do not correspond one to one. What the shop takes back as RETURNED becomes RESTOCKED in Afosto,
and what it takes back as BROKEN becomes RETURNED there (accepted, not restocked). But Afosto's RESTOCKED and RETURNED
both become RETURNED in the shop, and only its REJECTED becomes BROKEN, if the store exports it at all. So causes are
compared with effects, never the states of one side with those of the other.
"""

from collections import Counter
from collections.abc import Iterator

from local.proof.actions import NO_CODE, Case
from local.proof.report import Difference, Expectation, ProofSettings


def returns(case: Case, settings: ProofSettings) -> Iterator[Expectation]:
    """Yield what the connector must have taken back, per line, side and state."""
    for line in case.shop["lines"]:
        if case.order:
            yield from _toward_afosto(case, line["id"], line["sku"])
        yield from _toward_shop(case, line["id"], line["sku"], settings)


def returned_partly(case: Case, settings: ProofSettings) -> bool:
    """Return whether Afosto took back a part of an order that can only be returned as a whole."""
    if not case.takes_all_or_none or _is_whole(case, settings):
        return False
    return any(any(_wanted(case, line["id"], settings)) for line in case.shop["lines"])


def refunds(case: Case) -> Iterator[Difference]:
    """The connector refunds nothing in Afosto, and in the shop only by its own cancellations and returns."""
    if case.imported.refunds:
        yield Difference("refund", case.name, f"{case.imported.refunds} refunds in Afosto by the connector")
    paid, made = case.exported.refunds, case.exported.reversals
    if paid > made:
        yield Difference("refund", case.name, f"{paid} refunds in the shop for {made} cancellations and returns")


def origins(case: Case) -> Iterator[Difference]:
    """A return by the connector names the process that had brought the pieces, if all of them are in the shop.

    If the payment method allows no partial return, one return brings back the parcels of several processes.
    """
    wanted, named = _by_shop_codes(case), case.exported.origins
    if wanted.total() == named.total() and wanted != named and not case.takes_all_or_none:
        yield Difference("return-process", case.name, f"pieces came back from {dict(wanted)}, not from {dict(named)}")


def _by_shop_codes(case: Case) -> Counter[tuple[str, str]]:
    """Return the origins of what Afosto took back; a parcel that both sides sent is named by the shop's own code."""
    codes = {pair.parcel.code or NO_CODE: pair.process.code or NO_CODE for pair in case.made_by_both}
    wanted: Counter[tuple[str, str]] = Counter()
    for (line, code), count in case.afosto_did.origins.items():
        wanted[line, codes.get(code, code)] += count
    return wanted


def _toward_afosto(case: Case, line: str, sku: str) -> Iterator[Expectation]:
    for kind, state, cause in (("returned", "RESTOCKED", "RETURNED"), ("broken", "RETURNED", "BROKEN")):
        expected, seen = case.shop_did.returned[line, cause], case.imported.returned[line, state]
        yield Expectation(kind, f"line {sku}, pieces {state.lower()}", "Afosto", expected, seen, expected)
    yield Expectation(
        "rejected", f"line {sku}, pieces rejected", "Afosto", 0, case.imported.returned[line, "REJECTED"], 0
    )


def _toward_shop(case: Case, line: str, sku: str, settings: ProofSettings) -> Iterator[Expectation]:
    returned, broken = _wanted(case, line, settings)
    forbidden = returned_partly(case, settings)
    for kind, state, causes in (("returned", "RETURNED", returned), ("broken", "BROKEN", broken)):
        seen = case.exported.returned[line, state]
        yield Expectation(kind, f"line {sku}, pieces {state.lower()}", "shop", 0 if forbidden else causes, seen, causes)


def _wanted(case: Case, line: str, settings: ProofSettings) -> tuple[int, int]:
    did = case.afosto_did.returned
    return did[line, "RESTOCKED"] + did[line, "RETURNED"], did[line, "REJECTED"] if settings.broken else 0


def _is_whole(case: Case, settings: ProofSettings) -> bool:
    return all(sum(_wanted(case, n["id"], settings)) >= n["ordered"] - n["canceled"] for n in case.shop["lines"])
