"""Fields for names, ids and counters sent by other systems: small values that a database can store."""

from typing import Any

from marshmallow import fields, validate
from marshmallow.types import ErrorMessages

from schemas.wording.phrases import phrase

# Python and JSON Schema read this pattern alike. "$" and "." differ between them, so it uses neither.
_NO_CONTROLS = r"^(?![\s\S]*[\x00-\x1f\x7f\ud800-\udfff])"


class Id(fields.String):
    """A name or id: 1 to 200 characters, all of which a database can store."""

    def __init__(self, *, required: bool = True, **options: Any) -> None:
        printable = validate.Regexp(_NO_CONTROLS, error=phrase("contains a control character"))
        length = validate.Length(min=1, max=200, error=phrase("must have 1 to 200 characters"))
        invalid: ErrorMessages = {"invalid": phrase("is not a string")}
        presence: dict[str, Any] = {"required": True} if required else {"load_default": None}
        super().__init__(validate=(length, printable), error_messages=invalid, **presence, **options)


_LARGEST = 2**63 - 1
_WITHIN = phrase("must be from %(least)s to %(most)s", least=0, most=_LARGEST)


class Counter(fields.Integer):
    """A whole number from 0 to the largest bigint of a database; without `required` it may be left out or null."""

    def __init__(self, *, required: bool = False) -> None:
        bigint = validate.Range(min=0, max=_LARGEST, error=_WITHIN)
        invalid: ErrorMessages = {"invalid": phrase("is not a whole number")}
        presence: dict[str, Any] = {"required": True} if required else {"load_default": None}
        super().__init__(strict=True, validate=bigint, error_messages=invalid, **presence)
