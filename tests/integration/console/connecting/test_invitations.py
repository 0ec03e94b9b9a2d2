"""Invitations: a link makes somebody without an account the merchant of one store, once."""

import html
import re

import pytest

from ledger.people.users import Role
from tests.support.connector.world import World
from tests.support.console.connecting import fill_key, fill_places, fill_shop, fill_switches, form
from tests.support.console.people import PASSWORD, Desk, Person


def invite(person: Person, **fields: str) -> str:
    """Make an invitation; return its link without the host."""
    page = person.post("/invitations/", {"days": "7", **fields}).text
    found = re.search(r"<code>http://localhost(/[^<]+)</code>", page)
    assert found, page
    return html.unescape(found[1])


def open_link(person: Person, link: str, name: str) -> str:
    """Fill in the page of a link; return where it leads."""
    token = link.split("link=")[1]
    page = person.get(link).text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    fields = {"csrf_token": found[1], "token": token, "name": name, "password": PASSWORD}
    return person.client.post("/invitations/open", data=fields).location or ""


def test_a_merchant_connects_his_store_by_a_link(console: Desk, vendors: World, shop: str) -> None:
    link = invite(console.user("operator"), name=shop)
    merchant = console.person()
    assert f"connect the store {shop}" in merchant.get(link).text
    draft = open_link(merchant, link, f"anna-{shop}").removesuffix("/shop")
    assert draft.startswith("/connect/")

    assert "The shop takes the client id" in fill_shop(merchant, draft, "another-shop")
    fill_key(merchant, draft)
    fill_places(merchant, draft)
    fill_switches(merchant, draft)
    merchant.post(f"{draft}/preview", form(merchant, f"{draft}/preview"))
    user = console.ledger.users.get(f"anna-{shop}")
    assert user.role is Role.MERCHANT
    assert user.stores == {shop}
    assert merchant.get(f"/stores/{shop}/").status_code == 200
    assert merchant.post("/connect/").status_code == 403


def test_a_link_is_used_once_and_its_secret_is_kept_nowhere(console: Desk, shop: str) -> None:
    link = invite(console.user("operator"))
    assert open_link(console.person(), link, f"first-{shop}")
    again = console.person().get(link)
    assert again.status_code == 410
    assert "It was used already" in again.text
    with pytest.raises(Exception, match="there is no user"):
        console.ledger.users.get(f"second-{shop}")
    assert link.split("link=")[1] not in str(console.rows("invitations")) + str(console.rows("audit"))


@pytest.mark.parametrize("end", ["revoked_at", "expires_at"])
def test_a_link_that_was_revoked_or_is_over_opens_nothing(console: Desk, shop: str, end: str) -> None:
    link = invite(console.user("operator"))
    person = console.person()
    page = person.get(link).text
    console.execute(f"update invitations set {end} = now()")  # noqa: S608 - a column of ours
    token = re.findall(r'name="csrf_token" value="([^"]+)"', page)[0]
    sent = {"csrf_token": token, "token": link.split("link=")[1], "name": f"late-{shop}", "password": PASSWORD}
    answer = person.client.post("/invitations/open", data=sent)
    assert answer.status_code == 409
    assert "not valid" in answer.text
    assert f"late-{shop}" not in [user.name for user in console.ledger.users.all()]


def test_a_link_that_was_changed_is_none_of_ours(console: Desk) -> None:
    link = invite(console.user("operator"))
    assert console.person().get(link[:-9] + "AAAAAAAAA").status_code == 410
    assert console.person().get("/invitations/open?link=%00é").status_code == 410


def test_a_name_that_is_taken_or_a_weak_password_leaves_the_link_open(console: Desk, shop: str) -> None:
    link = invite(console.user("operator"))
    person = console.person()
    assert open_link(person, link, "operator") == ""
    assert console.person().get(link).status_code == 200
    assert open_link(person, link, f"free-{shop}")


def test_a_merchant_with_an_account_takes_the_store_to_it(console: Desk) -> None:
    link = invite(console.user("operator"))
    merchant = console.user("merchant")
    answer = merchant.post("/invitations/open", {"token": link.split("link=")[1]})
    assert answer.location.startswith("/connect/")
    assert merchant.get(answer.location).status_code == 200


def test_an_operator_who_opens_a_link_does_not_use_it(console: Desk) -> None:
    operator = console.user("operator")
    link = invite(operator)
    operator.post("/invitations/open", {"token": link.split("link=")[1]})
    assert console.person().get(link).status_code == 200


def test_an_operator_revokes_what_is_listed(console: Desk) -> None:
    operator = console.user("operator")
    link = invite(operator)
    newest = console.ledger.invitations.known()[0]
    operator.confirm(f"/invitations/{newest.id}/revoke")
    assert console.person().get(link).status_code == 410


@pytest.mark.parametrize(
    "fields", [{"days": "0"}, {"days": "x"}, {"days": "1000"}, {"days": "1" * 5000}, {"name": "no name", "days": "7"}]
)
def test_an_invitation_needs_a_name_and_days_that_can_be(console: Desk, fields: dict[str, str]) -> None:
    before = len(console.ledger.invitations.known())
    assert console.user("operator").post("/invitations/", fields).status_code == 409
    assert len(console.ledger.invitations.known()) == before
