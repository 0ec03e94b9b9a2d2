"""Webhooks: what is kept, what is looked at, and that abuse gets the right answer and nothing else."""

import json
from typing import Any

import pytest

from jobs.runtime import build_runtime
from ledger.inbound.webhooks import Webhooks
from ledger.postgres.encryption import KeySet, new_key
from schemas.errors import ConfigurationError
from tasks.reconcile import prune
from tests.support.connector.gateway import WEBHOOK_SECRET, Doors, message, sign


@pytest.fixture
def endpoint(doors: Doors) -> str:
    doors.store("shop")
    doors.order("shop", "order-1", "afosto-1")
    return doors.ledger.webhooks.add("shop", WEBHOOK_SECRET)


def test_an_event_about_an_order_of_ours_asks_for_one_look_at_it(doors: Doors, endpoint: str) -> None:
    answer = doors.deliver(endpoint, message())
    assert (answer.status_code, answer.json) == (200, {"new": True})
    assert doors.looks() == [("shop", "order-1", 1)]
    (look,) = (row for row in doors.rows("jobs") if row["flow"] == "looks")
    assert (look["direction"], look["lane"], look["order_key"]) == ("export", 0, "order-1")


def test_a_repeat_is_answered_and_does_nothing(doors: Doors, endpoint: str) -> None:
    doors.deliver(endpoint, message())
    answer = doors.deliver(endpoint, message())
    assert (answer.status_code, answer.json) == (200, {"new": False})
    assert doors.looks() == [("shop", "order-1", 1)]
    doors.deliver(endpoint, message(message_id="another"))
    assert doors.looks() == [("shop", "order-1", 2)]


def test_an_event_reaches_any_store_of_the_same_tenant_and_none_of_another(doors: Doors, endpoint: str) -> None:
    doors.store("sister")
    doors.order("sister", "order-2", "afosto-2")
    doors.store("stranger", tenant="tenant-2")
    doors.order("stranger", "order-3", "afosto-3")
    assert doors.deliver(endpoint, message("afosto-2")).status_code == 200
    assert doors.deliver(endpoint, message("afosto-3")).status_code == 200
    assert doors.looks() == [("sister", "order-2", 1)]


@pytest.mark.parametrize("event", ["IN_TRANSIT", "DELIVERED"])
def test_a_delivery_is_resolved_by_the_order_it_names(doors: Doors, endpoint: str, event: str) -> None:
    told = message("parcel-9", event=event, entity_type="delivery", data={"order": {"id": "afosto-1"}})
    assert doors.deliver(endpoint, told).status_code == 200
    assert doors.looks() == [("shop", "order-1", 1)]


def test_a_delivery_that_names_no_order_is_resolved_by_the_parcel_we_know(doors: Doors, endpoint: str) -> None:
    insert = (
        b"insert into links (store, kind, order_key, afosto_id, written_by) "
        b"values ('shop', 'parcel', 'order-1', 'parcel-1', 'afosto')"
    )
    doors.ledger.database.transaction(lambda session: session.execute(insert))
    told = message("parcel-1", event="DELIVERED", entity_type="delivery", data={"id": "parcel-1"})
    assert doors.deliver(endpoint, told).status_code == 200
    assert doors.looks() == [("shop", "order-1", 1)]


@pytest.mark.parametrize("data", [None, [], "text", {"order": None}, {"order": {"id": 7}}, {"order": {"id": "\x00"}}])
def test_a_delivery_of_a_parcel_nobody_knows_is_kept_and_marks_nothing(doors: Doors, endpoint: str, data: Any) -> None:
    told = message("parcel-9", event="DELIVERED", entity_type="delivery", data=data)
    assert doors.deliver(endpoint, told).status_code == 200
    assert [row["order_key"] for row in doors.rows("inbox")] == [None]
    assert doors.looks() == []


def test_an_unknown_event_is_kept_and_ignored(doors: Doors, endpoint: str) -> None:
    assert doors.deliver(endpoint, message(event="INVOICE_PAID")).status_code == 200
    (kept,) = doors.rows("inbox")
    assert (kept["event"], kept["entity_id"], kept["order_key"]) == ("INVOICE_PAID", "afosto-1", None)
    assert doors.looks() == []


def test_the_inbox_keeps_ids_and_times_and_nothing_of_what_was_said(doors: Doors, endpoint: str) -> None:
    doors.deliver(endpoint, message())
    (kept,) = doors.rows("inbox")
    assert (kept["store"], kept["order_key"], kept["entity_type"]) == ("shop", "order-1", "order")
    assert "buyer@example.com" not in repr(kept)


def test_two_secrets_are_accepted_while_one_is_rotated(doors: Doors, endpoint: str) -> None:
    doors.ledger.webhooks.rotate(endpoint, "new-secret")
    assert doors.deliver(endpoint, message(message_id="1")).status_code == 200
    assert doors.deliver(endpoint, message(message_id="2"), "new-secret").status_code == 200
    doors.ledger.webhooks.finish_rotation(endpoint)
    assert doors.deliver(endpoint, message(message_id="3")).status_code == 401
    assert doors.deliver(endpoint, message(message_id="4"), "new-secret").status_code == 200


def test_an_upper_case_signature_is_accepted(doors: Doors, endpoint: str) -> None:
    body = json.dumps(message()).encode()
    answer = doors.post(f"/webhooks/afosto/{endpoint}", body, X_Afosto_Hmac_Sha256=sign(body).upper())
    assert answer.status_code == 200


def test_the_secrets_follow_a_change_of_the_key(doors: Doors, endpoint: str) -> None:
    doors.ledger.webhooks.rotate(endpoint, "new-secret")
    fresh = new_key()
    old = doors.app.extensions["connector"].settings.keys
    assert Webhooks(doors.ledger.database, KeySet([fresh, *old])).rotate_keys() == 1
    found = Webhooks(doors.ledger.database, KeySet([fresh])).find(endpoint)
    assert found is not None
    assert found.secrets == ("new-secret", WEBHOOK_SECRET)
    with pytest.raises(ConfigurationError):
        doors.ledger.webhooks.find(endpoint)


def test_messages_older_than_thirty_days_are_deleted(doors: Doors, endpoint: str) -> None:
    doors.deliver(endpoint, message(message_id="old"))
    doors.deliver(endpoint, message(message_id="new"))
    age = b"update inbox set received_at = now() - interval '31 days' where message_id = 'old'"
    doors.ledger.database.transaction(lambda session: session.execute(age))
    runtime = build_runtime(doors.app.extensions["connector"].settings, lambda *_: None, lambda _: 0)
    assert "1 of inbox" in prune(runtime)
    runtime.close()
    assert [row["message_id"] for row in doors.rows("inbox")] == ["new"]


def test_an_endpoint_goes_with_its_store(doors: Doors, endpoint: str) -> None:
    doors.ledger.stores.remove("shop")
    assert doors.deliver(endpoint, message()).status_code == 404


BODY = json.dumps(message()).encode()
SIGNED = {"X-Afosto-Hmac-Sha256": sign(BODY)}
UNSHAPED: list[tuple[Any, str]] = [
    ([], "(document)"),
    ("text", "(document)"),
    ({}, "event"),
    (message(entity_id=None), "entity_id"),
    (message(entity_id=7), "entity_id"),
    (message(message_id="\x00"), "message_id"),
    (message(message_id=""), "message_id"),
    (message(event="x" * 201), "event"),
    (message(event="\ud800"), "event"),
    (message(triggered_at="soon"), "triggered_at"),
    (message(triggered_at=10**30), "triggered_at"),
    (message(triggered_at=-1), "triggered_at"),
]


@pytest.mark.parametrize(("document", "field"), UNSHAPED, ids=lambda value: repr(value)[:40])
def test_json_of_the_wrong_shape_is_answered_with_the_field(
    doors: Doors, endpoint: str, document: Any, field: str
) -> None:
    answer = doors.deliver(endpoint, document)
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["error"]["field"] == field
    _nothing_happened(doors)


ABUSE: dict[str, tuple[bytes, dict[str, str], int]] = {
    "no signature": (BODY, {}, 401),
    "an empty signature": (BODY, {"X-Afosto-Hmac-Sha256": ""}, 401),
    "a wrong signature": (BODY, {"X-Afosto-Hmac-Sha256": "0" * 64}, 401),
    "a signature that is no hex": (BODY, {"X-Afosto-Hmac-Sha256": "\xe9\xff" * 32}, 401),
    "another body than the signed one": (BODY + b" ", SIGNED, 401),
    "a signature of another tenant": (BODY, {"X-Afosto-Hmac-Sha256": sign(BODY, "other-secret-for-tests")}, 401),
    "a body of 10 MB": (b" " * 10_000_000, SIGNED, 413),
    "a body one byte too large": (b" " * (256 * 1024 + 1), {"X-Afosto-Hmac-Sha256": sign(b" " * 262145)}, 413),
    "no JSON": (b"{", {"X-Afosto-Hmac-Sha256": sign(b"{")}, 400),
    "no UTF-8": (b'"\xff"', {"X-Afosto-Hmac-Sha256": sign(b'"\xff"')}, 400),
    "a number of 5000 digits": (b"9" * 5000, {"X-Afosto-Hmac-Sha256": sign(b"9" * 5000)}, 400),
    "100000 brackets": (b"[" * 100_000, {"X-Afosto-Hmac-Sha256": sign(b"[" * 100_000)}, 400),
    "not a number": (b'{"event": NaN}', {"X-Afosto-Hmac-Sha256": sign(b'{"event": NaN}')}, 400),
    "nothing": (b"", {"X-Afosto-Hmac-Sha256": sign(b"")}, 400),
}


@pytest.mark.parametrize("case", ABUSE)
def test_abuse_is_answered_rightly_enqueues_nothing_and_logs_no_secret(
    doors: Doors, endpoint: str, case: str, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    doors.store("other", tenant="tenant-2")
    doors.ledger.webhooks.add("other", "other-secret-for-tests")
    body, headers, status = ABUSE[case]
    answer = doors.post(f"/webhooks/afosto/{endpoint}", body, **headers)
    assert answer.status_code == status
    assert answer.json is not None
    assert set(answer.json["error"]) >= {"code", "message"}
    _nothing_happened(doors)
    logged = "".join((caplog.text, *capsys.readouterr(), answer.text))
    secrets = (WEBHOOK_SECRET, "other-secret-for-tests", endpoint, "buyer@example.com", *headers.values())
    assert [secret for secret in secrets if secret and secret in logged] == []


@pytest.mark.parametrize("path", ["unknown", "%00", "a" * 5000, "%F0%9F%98%80", "a%2Fb"])
def test_an_endpoint_that_does_not_exist_is_not_found(doors: Doors, endpoint: str, path: str) -> None:
    assert doors.post(f"/webhooks/afosto/{path}", BODY, **SIGNED).status_code == 404
    _nothing_happened(doors)


def _nothing_happened(doors: Doors) -> None:
    assert doors.rows("inbox") == []
    assert doors.looks() == []
