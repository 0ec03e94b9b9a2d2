"""Do Afosto's events come? If not, its changes reach the shops at the next scan only."""

from collections.abc import Iterator, Sequence

from ledger.orders.scans import Unheard
from schemas.wording.lists import named
from schemas.wording.phrases import phrase
from tasks.checks.check import Check


def check_events(unheard: Sequence[Unheard]) -> Iterator[Check]:
    """Check that stores get events; a store for which nobody has made an endpoint works as it was set up."""
    silent = [each for each in unheard if each.registered]
    if silent:
        said = phrase(
            "scans found %(changes)s changes in Afosto of which no event came, so they reached the shop late; is the "
            "webhook active in Afosto, and does it name this endpoint? See: connector webhooks list",
            changes=sum(each.changes for each in silent),
        )
        yield Check(_who(silent), False, said)
    without = [each for each in unheard if not each.registered]
    if without:
        said = phrase(
            "without a webhook, changes in Afosto reach the shop at the next scan; to have them within seconds: "
            "connector webhooks add %(store)s",
            store=without[0].store,
        )
        yield Check(_who(without), True, said)


def _who(stores: Sequence[Unheard]) -> str:
    return phrase("events %(stores)s", stores=named([each.store for each in stores], "store"))
