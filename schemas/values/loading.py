"""Load documents with their schemas, and say which field is wrong and why."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Protocol, TypeVar

from marshmallow import Schema, ValidationError

from schemas.errors import MalformedDocument
from schemas.values.fields import MOST_ENTRIES
from schemas.wording.phrases import phrase

# The path that `faults` uses when the whole document is wrong.
WHOLE = "(document)"


class HasId(Protocol):
    """Any object with an id."""

    @property
    def id(self) -> str:
        """The id."""


N = TypeVar("N", bound=HasId)


def unique_by_id(rows: Iterable[N]) -> tuple[N, ...]:
    """Keep only the last row of each id: a list may contain one twice, for example when its pages shift."""
    return tuple({row.id: row for row in rows}.values())


def entries(value: Any, what: str, field: str) -> list[Any]:
    """Return a list whose elements are loaded one by one; `what` and `field` name it in the error.

    Raises MalformedDocument if it is not a list, or has more than MOST_ENTRIES elements.
    """
    if not isinstance(value, list):
        raise MalformedDocument(
            phrase("%(what)s: the field '%(field)s' is not a list", what=what, field=field), field=field
        )
    if len(value) > MOST_ENTRIES:
        raise MalformedDocument(
            phrase(
                "%(what)s: the field '%(field)s' has more than %(most)s entries",
                what=what,
                field=field,
                most=MOST_ENTRIES,
            ),
            field=field,
        )
    return value


def load(schema: Schema, document: Any, what: str) -> Any:
    """Load a vendor's document; `what` names it in the error.

    Raises MalformedDocument with the dotted path of the first wrong field. The message contains no values.
    """
    try:
        return schema.load(document)
    except ValidationError as error:
        field, message = next(faults(error.messages))
        raise MalformedDocument(
            phrase("%(what)s: the field '%(field)s' %(fault)s", what=what, field=field, fault=message),
            field=field,
        ) from None


def faults(messages: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield each error in marshmallow's nested messages as (dotted path, message)."""
    if isinstance(messages, Mapping):
        for key, inner in messages.items():
            # "_schema" is marshmallow's name for the document as a whole.
            yield from faults(inner, path if key == "_schema" else f"{path}.{key}".lstrip("."))
    else:
        yield path or WHOLE, _phrase(messages[0])


def _phrase(message: str) -> str:
    return {
        "Missing data for required field.": phrase("is missing"),
        "Field may not be null.": phrase("is null"),
        "Invalid input type.": phrase("is not of the expected type"),
    }.get(message, message)
