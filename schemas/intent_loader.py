"""Reads the stored body of an intent: one schema per kind."""

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError

from schemas.intents import (
    B,
    CancelIntent,
    CancelPair,
    ItemsIntent,
    NoteIntent,
    OpenIntent,
    ParcelIntent,
    ReturnIntent,
    ShopCancellationIntent,
    ShopMailIntent,
    ShopParcelIntent,
    ShopPickupIntent,
    ShopReturnIntent,
)
from schemas.mapping.progress.returns import BackUnit
from schemas.values.fields import MOST_ENTRIES, At, Counts, Document, Flag, Ident, Idents, Text


class _Pairs(At[tuple[CancelPair, ...]]):
    """A list of units to cancel. A nested schema for each would take seconds for ten thousand."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[CancelPair, ...]:
        return tuple(CancelPair(**{name: _text(pair, name) for name in CancelPair.__slots__}) for pair in _list(value))


class _BackUnits(At[tuple[BackUnit, ...]]):
    """A list of units, each a list of its id, line id and status."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> tuple[BackUnit, ...]:
        rows = _list(value)
        if not all(isinstance(row, list) and len(row) == len(BackUnit.__slots__) for row in rows):
            raise ValidationError("is not a list of units")
        return tuple(BackUnit(*row) for row in rows)


class _TextById(At[dict[str, str]]):
    """An object of texts, each under an id."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, str]:
        if not isinstance(value, Mapping) or len(value) > MOST_ENTRIES:
            raise ValidationError(f"is not an object of at most {MOST_ENTRIES} texts")
        return {key: _text(value, key) for key in value}


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list) or len(value) > MOST_ENTRIES:
        raise ValidationError(f"is not a list of at most {MOST_ENTRIES} entries")
    return value


def _text(stored: Any, key: str) -> str:
    if not isinstance(stored, Mapping) or not isinstance(stored.get(key), str):
        raise ValidationError(f"has no text {key!r}")
    text: str = stored[key]
    return text


class _ItemsSchema(Document):
    target = ItemsIntent
    afosto_id = Ident("afosto_id")


class _OpenSchema(Document):
    target = OpenIntent
    afosto_id = Ident("afosto_id")


class _NoteSchema(Document):
    target = NoteIntent
    afosto_id = Ident("afosto_id")


class _CancelSchema(Document):
    target = CancelIntent
    pairs = _Pairs("pairs")


class _ReturnSchema(Document):
    target = ReturnIntent
    restock = Idents("restock")
    scrap = Idents("scrap")


class _ParcelSchema(Document):
    target = ParcelIntent
    process = Ident("process")
    units = Idents("units")
    code = Text("code", default=None)
    url = Text("url", default=None)


class _ShopCancellationSchema(Document):
    target = ShopCancellationIntent
    units = _TextById("units")
    lines = Counts("lines")
    whole = Flag("whole")
    baseline = Idents("baseline")


class _ShopReturnSchema(Document):
    target = ShopReturnIntent
    units = _BackUnits("units")
    process = Ident("process", default=None)
    baseline = Idents("baseline")


class _ShopParcelSchema(Document):
    target = ShopParcelIntent
    parcel = Ident("parcel")
    lines = Counts("lines")
    code = Text("code", default=None)
    baseline = Idents("baseline")


class _ShopPickupSchema(Document):
    target = ShopPickupIntent


class _ShopMailSchema(Document):
    target = ShopMailIntent
    process = Ident("process")
    move = Ident("move")


_SCHEMAS: tuple[Document, ...] = (
    _ItemsSchema(),
    _OpenSchema(),
    _NoteSchema(),
    _CancelSchema(),
    _ReturnSchema(),
    _ParcelSchema(),
    _ShopCancellationSchema(),
    _ShopReturnSchema(),
    _ShopParcelSchema(),
    _ShopPickupSchema(),
    _ShopMailSchema(),
)
_SCHEMA_OF = {schema.target: schema for schema in _SCHEMAS}


def load_intent(form: type[B], stored: Mapping[str, Any]) -> B:
    """Read a stored body as one of `form`; keys that it does not know are ignored.

    Raises marshmallow's ValidationError when the body does not fit: only a fault of this project can lead to that.
    """
    body: B = _SCHEMA_OF[form].load(stored)
    return body
