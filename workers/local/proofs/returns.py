"""Returns: pieces taken back on one side against pieces the connector took back on the other, line by line.

The two vendors' words do not mirror each other: what the shop takes back as RETURNED is RESTOCKED in Afosto and what it
takes back as BROKEN is RETURNED there (accepted, not restocked); but Afosto's RESTOCKED and RETURNED both are RETURNED
in the shop, and only its REJECTED is BROKEN, if the store exports that at all. Hence causes are compared with effects,
never the states of one side with those of the other.
"""

from collections import Counter
from collections.abc import Iterator

from workers.local.proofs.deeds import NO_CODE, Case
from workers.local.proofs.report import Claim, Difference, Terms


def returns(case: Case, terms: Terms) -> Iterator[Claim]:
    """What the connector must have taken back, per line, side and state."""
    for line in case.shop["lines"]:
        if case.order:
            yield from _toward_afosto(case, line["id"], line["sku"])
        yield from _toward_shop(case, line["id"], line["sku"], terms)


def returned_partly(case: Case, terms: Terms) -> bool:
    """Whether Afosto took back a part of an order that can be taken back as a whole only."""
    if not case.takes_all_or_none or _is_whole(case, terms):
        return False
    return any(any(_wanted(case, line["id"], terms)) for line in case.shop["lines"])


def refunds(case: Case) -> Iterator[Difference]:
    """The connector pays back nothing in Afosto, and in the shop only by a cancelation or return of its own."""
    if case.imported.refunds:
        yield Difference("refund", case.name, f"{case.imported.refunds} refunds in Afosto by the connector")
    paid, made = case.exported.refunds, case.exported.reversals
    if paid > made:
        yield Difference("refund", case.name, f"{paid} refunds in the shop for {made} cancelations and returns")


def origins(case: Case) -> Iterator[Difference]:
    """A return by the connector names the process that had brought the pieces, where all of them are in the shop.

    Where the payment method takes all or none, one return brings back the parcels of several processes.
    """
    wanted, named = _as_the_shop_calls_them(case), case.exported.origins
    if wanted.total() == named.total() and wanted != named and not case.takes_all_or_none:
        yield Difference("return-process", case.name, f"pieces came back from {dict(wanted)}, not from {dict(named)}")


def _as_the_shop_calls_them(case: Case) -> Counter[tuple[str, str]]:
    """The origins of what Afosto took back: what both sides had sent has the shop's own code there."""
    codes = {pair.parcel.code or NO_CODE: pair.process.code or NO_CODE for pair in case.twice}
    wanted: Counter[tuple[str, str]] = Counter()
    for (line, code), count in case.afosto_did.origins.items():
        wanted[line, codes.get(code, code)] += count
    return wanted


def _toward_afosto(case: Case, line: str, sku: str) -> Iterator[Claim]:
    for kind, state, cause in (("returned", "RESTOCKED", "RETURNED"), ("broken", "RETURNED", "BROKEN")):
        expected, seen = case.shop_did.returned[line, cause], case.imported.returned[line, state]
        yield Claim(kind, f"line {sku}, pieces {state.lower()}", "Afosto", expected, seen, expected)
    yield Claim("rejected", f"line {sku}, pieces rejected", "Afosto", 0, case.imported.returned[line, "REJECTED"], 0)


def _toward_shop(case: Case, line: str, sku: str, terms: Terms) -> Iterator[Claim]:
    returned, broken = _wanted(case, line, terms)
    forbidden = returned_partly(case, terms)
    for kind, state, causes in (("returned", "RETURNED", returned), ("broken", "BROKEN", broken)):
        seen = case.exported.returned[line, state]
        yield Claim(kind, f"line {sku}, pieces {state.lower()}", "shop", 0 if forbidden else causes, seen, causes)


def _wanted(case: Case, line: str, terms: Terms) -> tuple[int, int]:
    did = case.afosto_did.returned
    return did[line, "RESTOCKED"] + did[line, "RETURNED"], did[line, "REJECTED"] if terms.broken else 0


def _is_whole(case: Case, terms: Terms) -> bool:
    return all(sum(_wanted(case, n["id"], terms)) >= n["ordered"] - n["canceled"] for n in case.shop["lines"])
