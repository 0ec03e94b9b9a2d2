"""The user and the session of the present request."""

from dataclasses import dataclass, field

from flask import g, request
from werkzeug.datastructures import MultiDict

from ledger.people.audit import Outcome
from ledger.people.user_sessions import Draft, UserSession
from ledger.people.users import User


@dataclass(slots=True)
class Present:
    """What the gate found out about a request; `entry` is its row of the audit log."""

    user: User | None = None
    session: UserSession | None = None
    draft: Draft | None = None
    entry: int | None = None
    outcome: Outcome | None = None
    details: list[str] = field(default_factory=list)


def present() -> Present:
    """Return what is known about the present request."""
    if "present" not in g:
        g.present = Present()
    found = g.present
    assert isinstance(found, Present)
    return found


def current_user() -> User:
    """Return the user of a page that needs one."""
    user = present().user
    assert user is not None
    return user


def current_session() -> UserSession:
    """Return the session of a page that needs a user."""
    session = present().session
    assert session is not None
    return session


def kept_form() -> MultiDict[str, str] | None:
    """Return the form that was sent to this page after the session had ended; None if there is none."""
    draft = present().draft
    return MultiDict(draft.fields) if draft and draft.path == request.path else None


def note(detail: str) -> None:
    """Add to the audit log what exactly is changed. Never a secret."""
    present().details.append(detail)


def note_refused() -> None:
    """Note in the audit log that the change was refused, although the answer is a page as usual."""
    present().outcome = Outcome.REFUSED
