"""No page in German or Dutch has an English word; what others wrote, code and ids stay as they are."""

from pprint import pformat

import pytest

from ledger.inbound.set_aside_messages import SetAsideMessage
from schemas.errors import BadMessage
from schemas.messages import CONTRACT, load_message
from tests.support.console.english import english_on
from tests.support.console.pages import PAGES
from tests.support.console.people import OTHER_STORE, OWN_STORE, Desk, Person
from tests.support.console.sample_comparisons import add_sample_comparison
from tests.support.console.sample_operations import add_sample_operations
from tests.support.console.sample_orders import ORDER, REASON
from tests.support.console.sample_stores import add_sample_stores

LANGUAGES = ("de", "nl")
# What somebody outside the connector wrote, in the samples.
OF_OTHERS = (
    *("script>alert", "pickup point", "Map it with", "Map the location", "compare the order", "not booked", "lacks it"),
    *("KeyError", "nothing gesucht", "naar nothing", "orders, cancellations", "Queue orders", "orders: ", "aus orders"),
)


def found(page: str, language: str) -> list[str]:
    return [text for text in english_on(page, language) if not any(each in text for each in OF_OTHERS)]


def speaking(desk: Desk, role: str, language: str) -> Person:
    desk.ledger.users.set_preferences(role, language, "Europe/Berlin")
    return desk.user(role)


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_of_the_console_has_an_english_word(desk: Desk, language: str) -> None:
    add_sample_stores(desk.ledger)
    add_sample_operations(desk.ledger, OWN_STORE)
    add_sample_comparison(desk.ledger, OWN_STORE)
    admin = speaking(desk, "admin", language)
    english = {name: said for name, path in PAGES.items() if (said := found(admin.get(path).text, language))}
    assert not english, pformat(english, width=200)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_audit_log_says_every_detail_in_the_readers_language(desk: Desk, language: str) -> None:
    add_sample_operations(desk.ledger, OWN_STORE)
    admin, store = speaking(desk, "admin", language), f"/stores/{OWN_STORE}"
    parked = [str(row["id"]) for row in desk.rows("jobs") if (row["store"], row["state"]) == (OWN_STORE, "parked")]
    changes: list[tuple[str, dict[str, str | list[str]]]] = [
        ("/users/", {"name": "dora", "role": "merchant", "stores": OWN_STORE, "password": "four words and a stone"}),
        ("/users/dora/role", {"role": "operator"}),
        ("/tokens/", {"name": "erp", "rights": "read", "tasks": "orders.look"}),
        ("/tokens/erp/rotate", {"keep_old": "1h"}),
        ("/webhooks/subscriptions", {"url": "https://93.184.216.34/events", "events": "job.parked"}),
        ("/invitations/", {"days": "3"}),
        ("/connect/", {}),
        ("/connect/2/remove", {}),
        (f"{store}/connection/webhook", {}),
        (f"{store}/flows/orders.import", {"state": "off"}),
        (f"{store}/flows/orders.import", {"state": "on"}),
        (f"{store}/orders/{ORDER}/documents", {}),
        (f"{store}/orders/{ORDER}/retry", {"job": parked[0]}),
        (f"{store}/totals/", {"totals": "accept"}),
        ("/parked/jobs", {"retry": "chosen", "job": parked}),
        (f"/parked/retry-all?reason={REASON}", {}),
        (f"/parked/drop-all?reason={REASON}", {}),
        (f"{store}/comparison/", {}),
        (f"{store}/comparison/1/repair", {"difference": "3"}),
        ("/account/sessions/99/end", {}),
        (f"{store}/resume", {"flow": "orders.import"}),
        (f"{store}/connection/options", {"totals": "strict"}),
        (f"/stores/{OTHER_STORE}/pause", {}),
    ]
    for path, fields in changes:
        assert admin.confirm(path, fields).status_code < 500, path
    english = found(admin.get("/audit").text, language)
    assert not english, pformat(english, width=200)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_with_a_message_is_said_in_the_readers_language(desk: Desk, language: str) -> None:
    faults: dict[str, tuple[str, str]] = {}
    for task, kwargs in wrong_messages():
        try:
            load_message(task, kwargs)
        except BadMessage as error:
            faults.setdefault(str(error).partition("'")[2].partition("' ")[2], (task, str(error)))
    for task, why in faults.values():
        desk.ledger.set_aside.keep(SetAsideMessage("orders", None, task, why, 2, "{}"))
    assert len(faults) > 5
    english = found(speaking(desk, "operator", language).get("/workers/messages").text, language)
    assert not english, pformat(english, width=200)


def wrong_messages() -> list[tuple[str, dict[str, object]]]:
    """Return a message with each kind of fault that a keyword can have, and one for a task that does not exist."""
    wrong: list[object] = [None, 7, [], {}, "", "x" * 5_000, "a\x00b", -1, True, 1.5, ["x"] * 2, 10**30, "\ud800"]
    names = [(task, name) for task, schema in CONTRACT.items() for name in schema.load_fields]
    complete = {name: "1" for _, name in names}
    return [
        ("orders.imprt", {}),
        *((task, {}) for task in CONTRACT),
        *((task, {**complete, name: value}) for task, name in names for value in wrong),
    ]
