"""Signing in with the account of a company, as a person does: to the provider and back."""

from typing import Any
from urllib.parse import urlsplit

from werkzeug.test import TestResponse

from tests.support.console.identity_provider import IdentityProvider
from tests.support.console.people import Person

MAIL = "ada@example.com"
ADA = {"sub": "1815", "email": MAIL, "email_verified": True}


def to_provider(person: Person, target: str = "") -> str:
    answer = person.get(f"/sign-in/company/?next={target}")
    assert answer.status_code == 302
    return answer.location


def back(person: Person, url: str) -> TestResponse:
    return person.get(urlsplit(url)._replace(scheme="", netloc="").geturl())


def enter(person: Person, provider: IdentityProvider, target: str = "", **claims: Any) -> TestResponse:
    return back(person, provider.sign_in(to_provider(person, target), **{**ADA, **claims}))
