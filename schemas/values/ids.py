"""Fields for names, ids and counters sent by other systems: small values that a database can store."""

from typing import Any

from marshmallow import fields, validate
from marshmallow.types import ErrorMessages

# Python and JSON Schema read this pattern alike. "$" and "." differ between them, so it uses neither.
_NO_CONTROLS = r"^(?![\s\S]*[\x00-\x1f\x7f\ud800-\udfff])"


class Id(fields.String):
    """A name or id: 1 to 200 characters, all of which a database can store."""

    def __init__(self, *, required: bool = True, **options: Any) -> None:
        printable = validate.Regexp(_NO_CONTROLS, error="contains a control character")
        length = validate.Length(min=1, max=200, error="must have 1 to 200 characters")
        invalid: ErrorMessages = {"invalid": "is not a string"}
        presence: dict[str, Any] = {"required": True} if required else {"load_default": None}
        super().__init__(validate=(length, printable), error_messages=invalid, **presence, **options)


class Counter(fields.Integer):
    """A whole number from 0 to the largest bigint of a database; without `required` it may be left out or null."""

    def __init__(self, *, required: bool = False) -> None:
        bigint = validate.Range(min=0, max=2**63 - 1, error="must be from {min} to {max}")
        invalid: ErrorMessages = {"invalid": "is not a whole number"}
        presence: dict[str, Any] = {"required": True} if required else {"load_default": None}
        super().__init__(strict=True, validate=bigint, error_messages=invalid, **presence)
