"""The least role of each page, which its view declares. If a view declares none, the application does not start."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from flask import Flask

from ledger.people.users import Role, User

View = TypeVar("View", bound=Callable[..., Any])

_DECLARED = "connector_access"
_RANKS = {Role.VIEWER: 0, Role.OPERATOR: 1, Role.ADMIN: 2}


@dataclass(frozen=True, slots=True)
class Needs:
    """Who may use a page: nobody must be signed in (`least` None), or `least` and higher; merchants only if allowed."""

    least: Role | None
    merchants: bool = False

    def allows(self, user: User) -> bool:
        """Whether a user may use the page at all; of a merchant, only for his own stores."""
        if self.least is None:
            return True
        if user.role is Role.MERCHANT:
            return self.merchants
        return _RANKS[user.role] >= _RANKS[self.least]


def public(view: View) -> View:
    """Declare that a page needs no sign-in."""
    setattr(view, _DECLARED, Needs(None))
    return view


def least(role: Role, *, merchants: bool = False) -> Callable[[View], View]:
    """Declare the least role that may use a page. `merchants`: they too, as far as their own stores are concerned.

    If the address has the part `<store>`, the page is not found by a merchant who does not have that store. Any other
    page must confine itself to `User.only`.
    """

    def declare(view: View) -> View:
        setattr(view, _DECLARED, Needs(role, merchants))
        return view

    return declare


def needs(app: Flask, endpoint: str) -> Needs:
    """Return what the page of an endpoint needs. Raises LookupError when it does not say so."""
    found = getattr(app.view_functions[endpoint], _DECLARED, None)
    if found is None:
        raise LookupError(f"the view {endpoint} does not declare who may use it; see console/access/roles.py")
    assert isinstance(found, Needs)
    return found


def check_declarations(app: Flask) -> None:
    """Raise LookupError when a view does not declare who may use it."""
    for endpoint in app.view_functions:
        needs(app, endpoint)
