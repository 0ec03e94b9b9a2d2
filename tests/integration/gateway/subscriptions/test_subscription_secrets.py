"""A subscription gets a new secret: it is shown once, and every event is signed with it from then on."""

from typing import Any

import pytest
from click.testing import CliRunner
from werkzeug.test import TestResponse

from cli import main
from gateway.runtime import NAME
from jobs.runtime import Runtime
from ledger.postgres.encryption import KeySet
from local.servers.services import Services, environment
from schemas.states import Right
from sync.subscriptions.deliver import signature
from sync.subscriptions.subscribe import renew_secret
from tests.support.connector.gateway import Doors
from tests.support.ledger.events import follow, park, send
from tests.support.servers.subscriber import OK, Answer, Subscriber

WANTED = {"url": "https://93.184.216.34/hooks", "events": ["job.parked"]}


def ask(doors: Doors, token: str, method: str, path: str, **options: Any) -> TestResponse:
    return doors.ask(token, method, f"/v1/subscriptions{path}", **options)


def kept_secret(doors: Doors, subscription: int) -> str:
    (row,) = (row for row in doors.rows("subscriptions") if row["id"] == subscription)
    return KeySet(doors.app.extensions[NAME].settings.keys).decrypt(bytes(row["secret"]))


def test_after_a_new_secret_no_event_is_signed_with_the_old_one(
    doors: Doors, runtime: Runtime, other: Subscriber
) -> None:
    """Also not by the run that sends at this moment."""
    doors.store("shop")
    number, old = follow(doors, other.url)
    park(doors, "shop", "1", "2", "3", "4")
    secrets: list[str] = []

    def renew_at_the_second(position: int) -> Answer:
        if position == 1:
            secrets.append(renew_secret(doors.ledger, number).secret)
        return OK

    other.answer = renew_at_the_second
    send(runtime)
    # The second was on its way when the secret changed.
    assert other.signatures == [signature(old, body) for body in other.bodies]
    assert len(other.bodies) == 2
    send(runtime)
    assert other.signatures[2:] == [signature(secrets[0], body) for body in other.bodies[2:]]
    assert len({event["data"]["subject"] for event in other.events}) == 4
    assert doors.rows("deliveries") == []


def test_what_is_refused_for_its_old_signature_is_sent_again_with_the_new_one(
    doors: Doors, runtime: Runtime, other: Subscriber
) -> None:
    doors.store("shop")
    number, _ = follow(doors, other.url)
    park(doors, "shop", "1")
    other.answer = lambda _: (401, {})
    send(runtime)
    new = renew_secret(doors.ledger, number).secret
    other.answer = lambda _: OK
    doors.ledger.database.transaction(lambda session: session.execute("update deliveries set due_at = now()"))
    send(runtime)
    assert other.signatures[1:] == [signature(new, other.bodies[1])]


def test_the_api_shows_the_new_secret_once(doors: Doors) -> None:
    token = doors.ledger.tokens.add("erp", [], [], [Right.READ, Right.WRITE])
    made = ask(doors, token, "POST", "", json=WANTED).json
    assert made is not None
    renewed = ask(doors, token, "POST", f"/{made['id']}/secret")
    assert renewed.status_code == 200
    assert renewed.json is not None
    secret = renewed.json["secret"]
    assert secret != made["secret"]
    assert secret == kept_secret(doors, made["id"])
    assert {**renewed.json, "secret": ""} == {**ask(doors, token, "GET", f"/{made['id']}").json, "secret": ""}  # type: ignore[dict-item]
    assert secret not in ask(doors, token, "GET", "").text


def test_who_gave_a_new_secret_is_in_the_audit_log_without_it(doors: Doors) -> None:
    token = doors.ledger.tokens.add("erp", [], [], [Right.WRITE])
    made = ask(doors, token, "POST", "", json=WANTED).json
    assert made is not None
    renewed = ask(doors, token, "POST", f"/{made['id']}/secret").json
    assert renewed is not None
    ask(doors, token, "DELETE", f"/{made['id']}")
    noted = [(entry.user, entry.action, entry.outcome) for entry in doors.ledger.audit.entries()]
    actions = ("remove_subscription", "renew_subscription_secret", "add_subscription")
    assert noted == [("token erp", f"webhooks.{action}", "done") for action in actions]
    audit = str(doors.rows("audit"))
    assert made["secret"] not in audit
    assert renewed["secret"] not in audit


@pytest.mark.parametrize(("rights", "status"), [([Right.READ], 403), ([Right.WRITE], 404)])
def test_a_token_without_the_right_or_of_another_system_gets_no_secret(
    doors: Doors, rights: list[Right], status: int
) -> None:
    number, secret = follow(doors, "http://127.0.0.1:1/")
    token = doors.ledger.tokens.add("stranger", ["orders.look"], [], rights)
    assert ask(doors, token, "POST", f"/{number}/secret").status_code == status
    assert kept_secret(doors, number) == secret
    assert doors.ledger.audit.entries() == []


def test_the_command_line_prints_the_new_secret_and_nothing_else_on_standard_output(
    doors: Doors, fresh_services: Services
) -> None:
    number, old = follow(doors, "http://127.0.0.1:1/")
    env = environment(fresh_services)
    printed = CliRunner().invoke(main, ["subscription", "new-secret", str(number)], env=env)
    assert printed.exit_code == 0
    assert printed.stdout.strip() == kept_secret(doors, number) != old
    (noted,) = doors.ledger.audit.entries()
    assert (noted.action, noted.subject) == ("webhooks.renew_subscription_secret", str(number))
    assert printed.stdout.strip() not in str(doors.rows("audit"))
    unknown = CliRunner().invoke(main, ["subscription", "new-secret", "999"], env=env)
    assert (unknown.exit_code, "connector subscription list" in unknown.stderr) == (1, True)
