"""Checks that the connector warns of shipments with two tracking codes, which no connector can decide."""

from collections import Counter
from collections.abc import Iterable, Iterator

from ledger.ledger import Ledger
from local.proof.compare import Difference, Report


def missing_two_code_warnings(ledger: Ledger, stores: Iterable[str], report: Report) -> Iterator[Difference]:
    """Compare the two-code warnings of `reconcile` with what a proof found, for the same stores."""
    warned = Counter(warning for store in stores for warning in ledger.comparing.two_codes(store))
    found = Counter(report.two_codes)
    for kind, left in (("not-warned", found - warned), ("warned-in-vain", warned - found)):
        for number, codes in left.elements():
            yield Difference(kind, number, str(codes))
