"""Fields that several forms have."""

from flask import request


def named_stores() -> list[str]:
    """Return the stores that the field `stores` names, with blanks or commas between them."""
    return request.form.get("stores", "").replace(",", " ").split()
