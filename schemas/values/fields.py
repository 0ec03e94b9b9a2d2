"""The marshmallow fields for documents of both vendors, and the base class of all document schemas.

A field names the dotted path of its value, so a flat schema can read a deeply nested document, and an error has the
full path of the wrong field.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar, Generic, TypeVar

from marshmallow import EXCLUDE, Schema, ValidationError, fields, missing, post_load

from schemas.values.numbers import in_range
from schemas.values.texts import LONGEST_ID, LONGEST_TEXT, clean, unfit
from schemas.values.times import parse_time
from schemas.wording.phrases import phrase

T = TypeVar("T")

# Above any amount of money.
_MOST = 10**12
# The largest value of PostgreSQL's int4.
_MOST_COUNT = 2**31 - 1
# The years that a time of an order may lie in, and the last moment of the calendar in Unix milliseconds.
_FIRST_YEAR, _LAST_YEAR = 1970, 2999
_MOST_MILLIS = 253_402_300_799_999
# Most entries of one list: more than any order has pieces and any page has rows. Reading one costs about 0.1 ms.
MOST_ENTRIES = 20_000


class At(fields.Field[T], Generic[T]):
    """The value at the first of several dotted paths that has one; with a default, null counts as absent."""

    def __init__(self, *paths: str, default: Any = missing, **options: Any) -> None:
        presence = {"required": True} if default is missing else {"load_default": default, "allow_none": False}
        # Load-only fields may share a key. The key is the path, so that errors name it.
        super().__init__(data_key=paths[0], load_only=True, **presence, **options)
        self._paths = tuple(tuple(path.split(".")) for path in paths)

    def deserialize(
        self, value: Any, attr: str | None = None, data: Mapping[str, Any] | None = None, **kwargs: Any
    ) -> Any:
        """Load the value at the path. `value` (found by marshmallow with the whole path as one key) is ignored."""
        found = self._find(data or {})
        if found is None and not self.required:
            found = missing
        return super().deserialize(found, attr, data, **kwargs)

    def _find(self, document: Mapping[str, Any]) -> Any:
        found: Any = missing
        for path in self._paths:
            found = _walk(document, path)
            if found is not missing and found is not None:
                return found
        return found


def _walk(document: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        if not isinstance(document, Mapping) or step not in document:
            return missing
        document = document[step]
    return document


class Text(At[str]):
    """A text for people, cleaned and cut to `longest` characters; a whole number is read as its digits.

    An empty text counts as absent, which is an error if the field is required.
    """

    def __init__(self, *paths: str, longest: int = LONGEST_TEXT, **options: Any) -> None:
        super().__init__(*paths, **options)
        self._longest = longest

    def _find(self, document: Mapping[str, Any]) -> Any:
        found = super()._find(document)
        return missing if found == "" else found

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            raise ValidationError(phrase("is not a text"))
        return self._taken(value)

    def _taken(self, value: str) -> str:
        return clean(value, self._longest)


class Ident(Text):
    """A text that identifies something (an id, a number or a keyword of the vendor); never cut or cleaned."""

    def __init__(self, *paths: str, longest: int = LONGEST_ID, **options: Any) -> None:
        super().__init__(*paths, longest=longest, **options)

    def _taken(self, value: str) -> str:
        if wrong := unfit(value, self._longest):
            raise ValidationError(wrong)
        return value


class Flag(At[bool]):
    """A JSON true or false."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if isinstance(value, bool):
            return value
        raise ValidationError(phrase("is neither true nor false"))


class Amount(At[Decimal]):
    """A JSON number as an exact decimal."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise ValidationError(phrase("is not a number"))
        if not in_range(value, -_MOST, _MOST):
            raise ValidationError(phrase("is not an amount"))
        return Decimal(str(value))


class WholeNumber(At[int]):
    """A whole number from 0 to `most`; JSON may write three as 3 or 3.0."""

    def __init__(self, *paths: str, most: int = _MOST_COUNT, **options: Any) -> None:
        super().__init__(*paths, **options)
        self._most = most

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        return _count(value, self._most)


def _count(value: Any, most: int = _MOST_COUNT) -> int:
    if in_range(value, 0, most) and value == int(value):
        return int(value)
    raise ValidationError(phrase("is not a whole number from 0 to %(most)s", most=most))


class Counts(At[dict[str, int]]):
    """A JSON object of counts by id."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, int]:
        if not isinstance(value, Mapping) or len(value) > MOST_ENTRIES:
            raise ValidationError(phrase("is not an object of at most %(most)s counts", most=MOST_ENTRIES))
        return {str(key): _count(count) for key, count in value.items()}


class Integer(At[int]):
    """A whole number that may be negative, within an int4; null is None if the field has a default."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int:
        if in_range(value, -_MOST_COUNT, _MOST_COUNT) and value == int(value):
            return int(value)
        raise ValidationError(phrase("is not a whole number from -%(most)s to %(most)s", most=_MOST_COUNT))


class Time(At[datetime]):
    """An ISO 8601 time; without a zone it is UTC."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        try:
            moment = parse_time(value)
        except (TypeError, ValueError, OverflowError):
            raise ValidationError(phrase("is not an ISO 8601 time")) from None
        return _plausible(moment)


class MillisTime(At[datetime]):
    """A moment in Unix milliseconds."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not in_range(value, 0, _MOST_MILLIS):
            raise ValidationError(phrase("is not a time in Unix milliseconds"))
        return _plausible(datetime.fromtimestamp(int(value) / 1000, UTC))


def _plausible(moment: datetime) -> datetime:
    """Refuse a time that no order can have: near the ends of the calendar, even adding a second would fail."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValidationError(phrase("is not a time from %(first)s to %(last)s", first=_FIRST_YEAR, last=_LAST_YEAR))
    return moment


class Object(At[dict[str, Any]]):
    """A JSON object, unchanged."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if isinstance(value, Mapping):
            return dict(value)
        raise ValidationError(phrase("is not an object"))


class Idents(At[tuple[str, ...]]):
    """A list of ids."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or len(value) > MOST_ENTRIES:
            raise ValidationError(phrase("is not a list of at most %(most)s ids", most=MOST_ENTRIES))
        if not all(isinstance(each, str) and not unfit(each) for each in value):
            raise ValidationError(phrase("is not a list of ids"))
        return tuple(value)


class Document(Schema):
    """A schema that builds its result with `target`; unknown fields are ignored."""

    target: ClassVar[Callable[..., Any]]

    class Meta(Schema.Meta):
        unknown = EXCLUDE

    @post_load
    def build(self, values: dict[str, Any], **_: Any) -> Any:
        """Build the dataclass from the loaded values."""
        return type(self).target(**values)


class One(At[Any]):
    """A nested document."""

    def __init__(self, path: str, schema: Schema, **options: Any) -> None:
        super().__init__(path, **options)
        self._schema = schema

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return self._schema.load(value)


class Many(At[tuple[Any, ...]]):
    """A list of nested documents, as a tuple."""

    def __init__(self, path: str, schema: Schema, **options: Any) -> None:
        super().__init__(path, **options)
        self._schema = schema

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[Any, ...]:
        if isinstance(value, list) and len(value) > MOST_ENTRIES:
            raise ValidationError(phrase("has more than %(most)s entries", most=MOST_ENTRIES))
        return tuple(self._schema.load(value, many=True))
