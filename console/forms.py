"""What was typed into a form: the fields that several forms have, and what of it may be shown again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from flask import request
from flask_babel import lazy_gettext

from schemas.wording.display import cut

# A field with one of these in its name may hold a secret.
_SECRET_WORDS = ("password", "secret", "key", "token", "code")
# Not typed but held by its page: the link of an invitation.
_LINK = "token"
_SECRETS: Mapping[str, str] = {
    "password": lazy_gettext("Password"),
    "new_password": lazy_gettext("New password"),
    "client_secret": lazy_gettext("Client secret"),
    "afosto_key": lazy_gettext("Afosto key"),
}
_LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class SentForm:
    """A form as it was sent: its address and fields. `secrets`: field → label of what must be typed once more."""

    address: str
    fields: Mapping[str, Sequence[str]]
    secrets: Mapping[str, str]


def named_stores() -> list[str]:
    """Return the stores that the field `stores` names, with blanks or commas between them."""
    return request.form.get("stores", "").replace(",", " ").split()


def typed_fields() -> dict[str, list[str]]:
    """Return the fields of the form that was sent, without what may be a secret."""
    return {name: values for name, values in _fields().items() if not _is_secret(name)}


def sent_form() -> SentForm | None:
    """Return the form that was sent, so that a page can offer to send it again; None if none was sent to a page."""
    if request.method != "POST" or request.endpoint is None:
        return None
    secrets = {
        name: _SECRETS.get(name, cut(name, _LONGEST_LABEL))
        for name, values in _fields().items()
        if _is_secret(name) and name != _LINK and any(values)
    }
    kept = {name: values for name, values in _fields().items() if name == _LINK or not _is_secret(name)}
    return SentForm(request.full_path.rstrip("?"), kept, secrets)


def _fields() -> dict[str, list[str]]:
    fields = request.form.to_dict(flat=False)
    fields.pop("csrf_token", None)
    return fields


def _is_secret(name: str) -> bool:
    return any(word in name.lower() for word in _SECRET_WORDS)
