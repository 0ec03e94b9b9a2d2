"""The details of the audit log, which the ledger keeps as short English texts, in the words of its reader."""

import re
from collections.abc import Callable, Mapping

from flask_babel import gettext, lazy_gettext, ngettext

from console.translations.flow_names import FLOWS

Found = re.Match[str]

_WORDS: Mapping[str, str] = {
    **FLOWS,
    "on": lazy_gettext("on"),
    "off": lazy_gettext("off"),
    "viewer": lazy_gettext("Viewer"),
    "operator": lazy_gettext("Operator"),
    "admin": lazy_gettext("Administrator"),
    "merchant": lazy_gettext("Merchant"),
    "read": lazy_gettext("Read stores, orders and jobs"),
    "write": lazy_gettext("Read, change and connect them"),
    "nothing": lazy_gettext("nothing"),
    "all stores": lazy_gettext("all stores"),
    "any store": lazy_gettext("any store"),
    "an address": lazy_gettext("an address"),
    "another secret": lazy_gettext("another secret"),
    "personal data shown": lazy_gettext("personal data shown"),
    "command line": lazy_gettext("command line"),
    "order.imported": lazy_gettext("An order was imported"),
    "job.parked": lazy_gettext("A job was parked"),
    "store.unhealthy": lazy_gettext("A store became unhealthy"),
    "strict": lazy_gettext("Wait for a person if the totals differ at all"),
    "tolerate": lazy_gettext("Accept differences of some cents"),
    "accept": lazy_gettext("Accept every difference, and note both totals"),
    "open_unpaid": lazy_gettext("Open unpaid orders at once"),
    "open_partly_paid": lazy_gettext("Open partly paid orders at once"),
    "notify_buyers": lazy_gettext("The shop mails the buyer"),
    "mark_orders": lazy_gettext("Note the Afosto order in the shop"),
    "now": lazy_gettext("not any more, from now on"),
    "1h": lazy_gettext("for 1 hour"),
    "1d": lazy_gettext("for 1 day"),
    "7d": lazy_gettext("for 7 days"),
}
# The first that fits a part of a detail says it; what none fits is a name, an id or a reason.
_PARTS: Mapping[str, Callable[[Found], str]] = {
    r"(\d+) jobs": lambda found: ngettext("%(num)s job", "%(num)s jobs", int(found[1])),
    r"(\d+) locations": lambda found: ngettext("%(num)s location", "%(num)s locations", int(found[1])),
    r"job (\d+): (.+)": lambda found: gettext("job %(id)s: %(flow)s", id=found[1], flow=_list(found[2])),
    r"retry ([\d, ]+)": lambda found: gettext("retried: %(ids)s", ids=found[1]),
    r"drop ([\d, ]+)": lambda found: gettext("dropped: %(ids)s", ids=found[1]),
    r"session (\d+)": lambda found: gettext("session %(id)s", id=found[1]),
    r"client id (.+)": lambda found: gettext("client id %(id)s", id=found[1]),
    r"channel (.+)": lambda found: gettext("sales channel %(id)s", id=found[1]),
    r"comparison (\d+)": lambda found: gettext("comparison %(id)s", id=found[1]),
    r"comparison (\d+), difference (\d+)": lambda found: gettext(
        "comparison %(id)s, difference %(difference)s", id=found[1], difference=found[2]
    ),
    r"old one accepted: (.+)": lambda found: gettext("old one accepted: %(time)s", time=_list(found[1])),
    r"add ([^:]+): (.+)": lambda found: gettext("%(name)s added: %(role)s", name=found[1], role=_said(found[2])),
    r"(.+) (on|off)": lambda found: f"{_list(found[1])}: {_list(found[2])}",
    r"(.+): (.+) of (.+)": lambda found: f"{found[1]}: {_of(found[2], found[3])}",
    r"(.+) of (.+)": lambda found: _of(found[1], found[2]),
}


def said(detail: str) -> str:
    """Return a detail, or an address, as its reader says it."""
    return "; ".join(map(_said, detail.split("; ")))


def _said(part: str) -> str:
    for pattern, say in _PARTS.items():
        if found := re.fullmatch(pattern, part):
            return say(found)
    return _list(part)


def _list(text: str) -> str:
    return ", ".join(str(_WORDS.get(each, each)) for each in text.split(", "))


def _of(what: str, whose: str) -> str:
    return gettext("%(what)s of %(stores)s", what=_list(what), stores=_list(whose))
