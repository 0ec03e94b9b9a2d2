"""What goes wrong has a page that says what to do, in the reader's language, and gives nothing away.

Whoever reads it, or changes the language, goes on at the page that he came from.
"""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from console.access.paths import is_page
from console.app import Access, create_app
from console.runtime import build_runtime
from local.servers.services import Services, environment
from schemas.settings import load_settings
from tests.support.console.people import OWN_STORE, PASSWORD, Desk
from tests.support.console.routes import routes
from tests.support.console.sample_orders import ORDER


@pytest.fixture
def homeless(services: Services) -> Iterator[Desk]:
    """The console while its database is away."""
    away = environment(services) | {"CONNECTOR_DATABASE_URL": "postgresql://connector:hush@127.0.0.1:9/none"}
    runtime = build_runtime(load_settings(away))
    yield Desk(create_app(runtime, Access(plain_http=True)), runtime.ledger)
    runtime.close()


@pytest.mark.parametrize(
    ("role", "method", "path", "status"),
    [
        ("viewer", "GET", "/nothing-here", 404),
        ("viewer", "GET", "/users/", 403),
        ("viewer", "GET", "/stores/nowhere/", 404),
        ("operator", "GET", f"/stores/{OWN_STORE}/pause", 405),
        ("operator", "POST", f"/stores/{OWN_STORE}/flows/no.flow", 400),
        ("admin", "POST", "/users/nobody/remove", 404),
    ],
)
def test_an_error_has_a_page_with_the_next_step(desk: Desk, role: str, method: str, path: str, status: int) -> None:
    person = desk.user(role)
    answer = person.get(path) if method == "GET" else person.post(path)
    assert answer.status_code == status
    assert "What to do:" in answer.text
    assert role in answer.text


def test_a_page_speaks_german_to_who_reads_german(desk: Desk) -> None:
    answer = desk.person().get("/nothing-here", headers={"Accept-Language": "de-DE,de;q=0.9,en;q=0.5"})
    assert "Hier ist nichts" in answer.text
    assert '<html lang="de">' in answer.text


@pytest.mark.parametrize("path", ["/stores", "/sign-in", "/users/"])
def test_a_database_that_is_away_is_said(homeless: Desk, path: str) -> None:
    client = homeless.app.test_client()
    client.set_cookie("console", "some session")
    answer = client.get(path)
    assert answer.status_code == 503
    assert "The database does not answer" in answer.text
    assert answer.headers["Retry-After"]
    assert "hush" not in answer.text


def test_the_probes_tell_the_process_from_its_database(homeless: Desk, desk: Desk) -> None:
    assert [homeless.person().get(path).status_code for path in ("/healthz", "/readyz")] == [200, 503]
    assert [desk.person().get(path).status_code for path in ("/healthz", "/readyz")] == [200, 200]


def test_a_fault_of_ours_shows_no_traceback_and_no_secret(
    desk: Desk, fresh_services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = desk.user("admin")
    url = fresh_services.database_url

    def fail(*_: object, **__: object) -> None:
        raise ValueError(f"{url} {PASSWORD}")

    monkeypatch.setattr(desk.ledger.users, "all", fail)
    desk.app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = admin.get("/users/")
    assert answer.status_code == 500
    assert "This is a fault of the console" in answer.text
    assert PASSWORD not in answer.text
    assert str(urlsplit(url).password) not in answer.text


def test_a_change_that_fails_is_in_the_audit_log_as_failed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    operator = desk.user("operator")

    def fail(*_: object) -> None:
        raise ValueError

    monkeypatch.setattr(desk.ledger.stores, "pause", fail)
    assert operator.post(f"/stores/{OWN_STORE}/pause").status_code == 500
    (entry,) = desk.ledger.audit.entries(text="store.pause")
    assert (entry.user, entry.subject, entry.address, entry.outcome) == ("operator", OWN_STORE, "127.0.0.1", "failed")


def test_a_form_that_is_too_long_is_refused(desk: Desk) -> None:
    person = desk.user("admin")
    assert person.post("/users/", {"name": "x" * 600_000}).status_code == 413


def test_no_password_gets_into_the_audit_log(desk: Desk) -> None:
    admin = desk.user("admin")
    admin.post("/users/", {"name": "carl", "role": "viewer", "password": "nine secret words"})
    admin.post("/users/carl/password", {"password": "other nine secret words"})
    admin.post("/account/password", {"password": PASSWORD, "new_password": "a new secret of words"})
    assert len(desk.ledger.audit.entries()) >= 4
    assert "secret" not in repr(desk.rows("audit"))


def after_choosing_german(desk: Desk, page: str) -> str:
    answer = desk.user("admin").post("/language", {"language": "de"}, headers={"Referer": f"http://localhost{page}"})
    assert answer.status_code == 303
    return answer.location


def test_the_same_page_is_shown_in_the_other_language(desk: Desk) -> None:
    assert after_choosing_german(desk, "/stores?state=paused") == "/stores?state=paused"


def test_a_page_that_only_a_form_can_open_leads_to_the_page_with_that_form(desk: Desk) -> None:
    order = f"/stores/{OWN_STORE}/orders/{ORDER}"
    assert after_choosing_german(desk, f"{order}/explain") == order
    assert after_choosing_german(desk, f"/stores/{OWN_STORE}/connection/options") == f"/stores/{OWN_STORE}/connection/"
    assert after_choosing_german(desk, "/account/password") == "/account/"


def test_no_form_leads_to_an_address_that_cannot_be_opened(desk: Desk) -> None:
    person = desk.user("admin")
    for path in {route.path for route in routes(desk.app)}:
        headers = {"Referer": f"http://localhost{path}"}
        answer = person.post("/language", {"language": "en"}, headers=headers)
        with desk.app.test_request_context():
            assert is_page(answer.location.partition("?")[0]), path


@pytest.mark.parametrize("referrer", ["http://[::1", "http://[", "\x00", "x" * 5000])
def test_a_browser_that_names_no_address_as_the_page_before_gets_the_page(desk: Desk, referrer: str) -> None:
    answer = desk.user("viewer").get("/nothing-here", headers={"Referer": referrer})
    assert answer.status_code == 404
    assert "There is nothing here" in answer.text
