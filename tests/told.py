"""Whether people hear of what no connector can decide: here of shipments with two tracking codes."""

from collections import Counter
from collections.abc import Iterable, Iterator

from ledger.ledger import Ledger
from workers.local.proof import Difference, Report


def missing_two_code_warnings(ledger: Ledger, stores: Iterable[str], report: Report) -> Iterator[Difference]:
    """Compare what `reconcile` tells of two codes with what a proof found, for the same stores."""
    warned = Counter(said for store in stores for said in ledger.comparing.two_codes(store))
    found = Counter(report.two_codes)
    for kind, left in (("missing_two_code_warnings", found - warned), ("warned-in-vain", warned - found)):
        for number, codes in left.elements():
            yield Difference(kind, number, str(codes))
