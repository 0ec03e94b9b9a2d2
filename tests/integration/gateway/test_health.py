"""What the gateway says of itself, and what it still does while a server behind it is away."""

from urllib.parse import urlsplit

import psycopg
import pytest
from click.testing import CliRunner, Result

from cli import main
from local.servers.services import Services, environment
from tests.support.connector.gateway import Doors, message, open_doors
from tests.support.servers.redis_refusals import REFUSALS, Refusal, steady_client

NOWHERE = "redis://127.0.0.1:1/0"
NO_WRITES = [refusal for refusal in REFUSALS if refusal.word in ("READONLY", "OOM", "NOREPLICAS", "NOPERM")]
NO_DATABASE = "postgresql://connector@127.0.0.1:1/none"


def test_all_is_well_with_database_and_broker(doors: Doors) -> None:
    client = doors.app.test_client()
    well = {"ok": True, "missing": [], "refusals": {}}
    assert client.get("/healthz").json == well
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (200, well)


def test_the_servers_that_do_not_answer_are_named(fresh_services: Services) -> None:
    with open_doors(fresh_services, BROKER_URL=NOWHERE, DATABASE_URL=NO_DATABASE) as away:
        client = away.app.test_client()
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.json is not None
        assert (answer.json["ok"], answer.json["missing"]) == (False, ["database", "broker"])
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("refusal", NO_WRITES, ids=[refusal.word for refusal in NO_WRITES])
def test_a_redis_that_takes_no_writes_is_named_with_its_own_word(
    refusal: Refusal, doors: Doors, fresh_services: Services
) -> None:
    admin = steady_client(fresh_services.redis_url)
    refusal.begin(admin)
    try:
        answer = doors.app.test_client().get("/readyz")
        doctor, status = _said(fresh_services, "doctor"), _said(fresh_services, "status")
    finally:
        refusal.end(admin)
        admin.close()
    assert answer.json is not None
    assert (answer.status_code, answer.json["missing"]) == (503, ["broker", "limiter"])
    for said in (*answer.json["refusals"].values(), doctor.output, status.output):
        assert "takes no writes: " in said
        assert refusal.word in said.upper()
    assert (doctor.exit_code, status.exit_code) == (1, 1)


def test_a_database_that_takes_no_writes_is_named_with_its_own_words(doors: Doors, fresh_services: Services) -> None:
    name = urlsplit(fresh_services.database_url).path[1:]
    with psycopg.connect(fresh_services.database_url, autocommit=True) as session:
        session.execute(f"alter database {name} set default_transaction_read_only = on".encode())
        session.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
    answer = doors.app.test_client().get("/readyz")
    assert answer.json is not None
    assert (answer.status_code, answer.json["missing"]) == (503, ["database"])
    for said in (
        answer.json["refusals"]["database"],
        _said(fresh_services, "doctor").output,
        _said(fresh_services, "status").output,
    ):
        assert "takes no writes: cannot execute UPDATE in a read-only transaction" in said


def test_without_the_database_everybody_is_asked_to_come_again(fresh_services: Services) -> None:
    with open_doors(fresh_services, DATABASE_URL=NO_DATABASE) as away:
        for path in ("/v1/tasks/orders.import", "/webhooks/afosto/any"):
            answer = away.post(path, b"{}", Authorization="Bearer any")
            assert answer.status_code == 503
            assert answer.headers["Retry-After"]
            assert answer.json is not None
            assert answer.json["error"]["code"] == "unavailable"


def test_without_the_broker_a_webhook_is_kept_and_its_order_is_due_all_the_same(fresh_services: Services) -> None:
    with open_doors(fresh_services, BROKER_URL=NOWHERE, REDIS_URL=NOWHERE) as away:
        away.store("shop")
        away.order("shop", "order-1", "afosto-1")
        endpoint = away.ledger.webhooks.add("shop", "webhook-secret-for-tests")
        assert away.deliver(endpoint, message()).status_code == 200
        assert away.looks() == [("shop", "order-1", 1)]
        token = away.ledger.tokens.add("erp", ["orders.import"], [])
        body = b'{"store": "shop", "order": "4711"}'
        assert away.post("/v1/tasks/orders.import", body, Authorization=f"Bearer {token}").status_code == 202


def test_the_page_that_describes_the_api_asks_nobody_else(doors: Doors) -> None:
    client = doors.app.test_client()
    for path in ("/docs", "/docs/page.css", "/docs/page.js"):
        with client.get(path) as answer:
            assert answer.status_code == 200
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
            assert b"//" not in answer.data.replace(b"// ", b"")
    assert client.get("/docs/..%2Fapp.py").status_code == 404


def test_the_description_has_each_task_with_the_keywords_of_the_contract(doors: Doors) -> None:
    description = doors.app.test_client().get("/openapi.json").json
    assert description is not None
    schemas = description["components"]["schemas"]
    for task, name in (("orders.look", "OrderMessage"), ("inventory.publish", "StockMessage")):
        body = description["paths"][f"/v1/tasks/{task}"]["post"]["requestBody"]
        assert body["content"]["application/json"]["schema"]["$ref"].endswith(name)
    assert schemas["StockMessage"]["required"] == ["store"]
    assert "/v1/tasks/dispatch.tick" not in description["paths"]


@pytest.mark.parametrize("path", ["/healthz", "/docs", "/openapi.json", "/nothing", "/v1/jobs/1"])
def test_no_answer_is_shown_in_a_frame_or_taken_for_what_it_is_not(doors: Doors, path: str) -> None:
    with doors.app.test_client().get(path) as answer:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]


def _said(services: Services, command: str) -> Result:
    return CliRunner().invoke(main, [command], env=environment(services))
