"""Signing in and out: what is told, what is kept, how long it lasts, and what a guesser gets."""

import pytest
from argon2 import PasswordHasher

from console.app import Access
from ledger.people.user_sessions import GUESSES_AT_ACCOUNT, GUESSES_FROM_ADDRESS
from local.servers.services import Services
from tests.support.console.people import PASSWORD, Desk, open_desk

IDLE, LONGEST = "3 hours", "13 hours"


def test_the_right_password_leads_to_the_page_that_was_wanted(desk: Desk) -> None:
    person = desk.person()
    asked = person.get("/stores?state=paused")
    assert asked.location == "/sign-in?next=/stores?state%3Dpaused"
    answer = person.sign_in("viewer", next="/stores?state=paused")
    assert answer.location == "/stores?state=paused"


def test_a_browser_that_keeps_no_cookie_over_plain_http_is_told_why(desk: Desk) -> None:
    browser = desk.app.test_client(use_cookies=False)
    plain = browser.post("/sign-in", data={"name": "viewer"}, base_url="http://console.example")
    assert plain.status_code == 400
    assert "Your browser did not send the console's cookie back" in plain.text
    assert "connector console --plain-http" in plain.text
    over_https = browser.post("/sign-in", data={"name": "viewer"}, base_url="https://console.example")
    assert "This form is too old" in over_https.text


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_site_after_the_sign_in(desk: Desk, target: str) -> None:
    assert desk.person().sign_in("viewer", next=target).location == "/stores"
    assert desk.user("viewer").get("/sign-in", query_string={"next": target}).location == "/stores"


def test_the_answer_does_not_tell_which_of_name_and_password_was_wrong(desk: Desk) -> None:
    unknown, wrong = desk.person().sign_in("nobody", "x" * 20), desk.person().sign_in("viewer", "x" * 20)
    assert unknown.status_code == wrong.status_code == 401
    assert _plain(unknown.text) == _plain(wrong.text.replace('value="viewer"', 'value="nobody"'))


def test_both_wrong_answers_take_equally_long(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []
    verify = PasswordHasher.verify

    def counted(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
        checked.append(password_hash.rpartition("$")[0].rpartition("$")[0])
        return verify(hasher, password_hash, password)

    monkeypatch.setattr(PasswordHasher, "verify", counted)
    for name in ("viewer", "nobody"):
        person = desk.person()
        person.client.post("/sign-in", data={"csrf_token": person.token(), "name": name, "password": "x" * 20})
    # What takes the time is the hash: one for each, with the same parameters.
    assert checked == [checked[0]] * 2


def test_a_name_is_not_tried_for_ever_and_another_one_still_is(desk: Desk) -> None:
    person = desk.person()
    answers = [person.sign_in("viewer", f"wrong guess {n}").status_code for n in range(GUESSES_AT_ACCOUNT + 1)]
    assert answers == [401] * GUESSES_AT_ACCOUNT + [429]
    refused = person.sign_in("viewer")
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 901
    assert desk.person().sign_in("operator").status_code == 303
    desk.execute("update sign_in_attempts set at = at - interval '16 minutes'")
    assert person.sign_in("viewer").status_code == 303


def test_an_unknown_name_is_slowed_down_like_a_known_one(desk: Desk) -> None:
    person = desk.person()
    answers = [person.sign_in("nobody", "wrong guess").status_code for _ in range(GUESSES_AT_ACCOUNT + 1)]
    assert answers[-1] == 429


def test_an_address_is_slowed_down_whatever_names_it_tries(desk: Desk) -> None:
    for number in range(GUESSES_FROM_ADDRESS):
        assert desk.ledger.user_sessions.try_sign_in(f"name {number}".encode(), "127.0.0.1") is None
    assert desk.person().sign_in("viewer").status_code == 429


def test_what_was_typed_as_a_name_is_not_kept(desk: Desk) -> None:
    desk.person().sign_in("my secret password", "x")
    kept = [repr(desk.rows(table)) for table in ("sign_in_attempts", "audit", "user_sessions")]
    assert "my secret password" not in "".join(kept)


def test_a_session_has_a_new_id_after_the_sign_in_and_the_old_one_is_worth_nothing(desk: Desk) -> None:
    person = desk.person()
    person.client.set_cookie("console", "an id that an attacker has planted")
    person.sign_in("viewer")
    planted = desk.person()
    planted.client.set_cookie("console", "an id that an attacker has planted")
    assert planted.get("/stores").status_code == 303
    cookie = person.client.get_cookie("console")
    first = cookie.value if cookie else ""
    person.sign_in("viewer")
    stale = desk.person()
    stale.client.set_cookie("console", first)
    assert stale.get("/stores").status_code == 303
    assert person.get("/stores").status_code == 200


def test_the_database_holds_no_cookie_and_no_password(desk: Desk) -> None:
    person = desk.user("viewer")
    cookie = person.client.get_cookie("console")
    assert cookie
    everything = "".join(repr(desk.rows(table)) for table in ("user_sessions", "users", "audit", "sign_in_attempts"))
    assert cookie.value not in everything
    assert PASSWORD not in everything


def test_the_cookies_are_for_this_site_for_no_script_and_for_https_only(fresh_services: Services) -> None:
    with open_desk(fresh_services, Access()) as desk:
        person = desk.person()
        token = person.token()
        answer = person.client.post(
            "/sign-in",
            data={"csrf_token": token, "name": "viewer", "password": PASSWORD},
            base_url="https://localhost",
            headers={"Referer": "https://localhost/sign-in"},
        )
        cookies = [value for name, value in answer.headers if name == "Set-Cookie"]
    assert all(
        part in cookie for cookie in cookies for part in ("__Host-", "Secure", "HttpOnly", "SameSite=Lax", "Path=/")
    )
    assert any(cookie.startswith("__Host-console=") for cookie in cookies)


def test_signing_out_ends_the_session_on_the_server(desk: Desk) -> None:
    person = desk.user("viewer")
    cookie = person.client.get_cookie("console")
    assert cookie
    person.post("/sign-out")
    person.client.set_cookie("console", cookie.value)
    assert person.get("/stores").status_code == 303
    assert desk.rows("user_sessions") == []


@pytest.mark.parametrize(("column", "age"), [("seen_at", IDLE), ("created_at", LONGEST)])
def test_a_session_ends_when_nothing_is_done_and_after_half_a_day_whatever_is_done(
    desk: Desk, column: str, age: str
) -> None:
    person = desk.user("viewer")
    desk.execute(f"update user_sessions set {column} = now() - interval '{age}'")  # noqa: S608 - our own words
    assert person.get("/stores").location == "/sign-in?next=/stores"


def test_a_new_password_ends_all_sessions(desk: Desk) -> None:
    viewer, admin = desk.user("viewer"), desk.user("admin")
    admin.post("/users/viewer/password", {"password": "another four words of mine"})
    assert viewer.get("/stores").status_code == 303
    assert viewer.sign_in("viewer").status_code == 401
    assert viewer.sign_in("viewer", "another four words of mine").status_code == 303


def test_a_removed_user_is_out_at_once(desk: Desk) -> None:
    viewer, admin = desk.user("viewer"), desk.user("admin")
    admin.confirm("/users/viewer/remove")
    assert viewer.get("/stores").status_code == 303


def _plain(text: str) -> str:
    return "\n".join(line for line in text.splitlines() if "csrf_token" not in line)
