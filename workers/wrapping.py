"""Wraps bytes of the broker that kombu cannot read into a message that says why.

Without this kombu would fail before any code of ours sees the message. A wrapped message has the header UNREADABLE. It
is set aside like any other message that is no call of a task.
"""

import base64
import bz2
import json
import lzma
import zlib
from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

from amqp import serialization  # type: ignore[import-untyped]
from amqp.spec import Basic  # type: ignore[import-untyped]
from kombu import compression
from kombu.utils.json import loads

UNREADABLE = "x-connector-unreadable"
# The largest message that is read; a task needs some hundred bytes.
MOST_BYTES = 1024 * 1024
# A task's message has about ten brackets; one that nests deeper than Python's stack has more than these.
_MOST_BRACKETS = 300
_ENCODINGS = (None, "utf-8", "base64")
_LZMA_MEMORY = 64 * 1024 * 1024
_CARRIED = 16_000  # bytes of an item that are kept for a person to read

Unpack = Callable[[bytes], bytes]


class _Unfit(Exception):
    """Kombu would fail on the item; the text says why."""


def fit(queue: str, item: bytes) -> bytes:
    """Return an item of a Redis list in a form that kombu can read and return: unchanged, corrected, or wrapped."""
    try:
        envelope = _read(item)
    except _Unfit as why:
        return _wrapped(queue, item, str(why))
    way = {"exchange": "", "routing_key": queue}
    if envelope["properties"]["delivery_info"] == way:
        return item
    # Redis forgets the sender's own exchange when somebody empties it.
    envelope["properties"]["delivery_info"] = way
    return json.dumps(envelope).encode()


def _read(item: bytes) -> dict[str, Any]:
    if len(item) > MOST_BYTES:
        raise _Unfit(f"it has {len(item)} bytes, more than {MOST_BYTES}")
    if item.count(b"[") + item.count(b"{") > _MOST_BRACKETS:
        raise _Unfit("it nests too deep, or lists too much")
    try:
        envelope = loads(item)  # type: ignore[no-untyped-call] # kombu is untyped
    except (ValueError, TypeError, KeyError, AttributeError, ArithmeticError) as error:
        raise _Unfit(f"it is no JSON: {type(error).__name__}") from None
    match envelope:
        case {
            "body": str(body),
            "headers": dict(),
            "properties": {"delivery_tag": str(tag), "delivery_info": dict(), **more},
            **rest,
        } if tag.isascii() and _are_texts(rest.get("content-type"), rest.get("content-encoding")):
            _require_decodable(body, more.get("body_encoding"))
            found: dict[str, Any] = envelope
            return found
    raise _Unfit("it is no envelope with body, headers, properties, delivery_tag and delivery_info")


def _are_texts(*values: object) -> bool:
    return all(value is None or isinstance(value, str) for value in values)


def _require_decodable(body: str, encoding: object) -> None:
    if encoding not in _ENCODINGS:
        raise _Unfit("its body_encoding is neither base64 nor utf-8")
    try:
        _ = base64.b64decode(body) if encoding == "base64" else body.encode()
    except ValueError as error:
        raise _Unfit(f"its body cannot be decoded: {error}") from None


def _wrapped(queue: str, item: bytes, why: str) -> bytes:
    envelope = {
        "body": base64.b64encode(item[:_CARRIED]).decode(),
        "content-type": "application/octet-stream",
        "content-encoding": "binary",
        "headers": {UNREADABLE: why},
        "properties": {
            "delivery_tag": str(uuid4()),
            "delivery_info": {"exchange": "", "routing_key": queue},
            "body_encoding": "base64",
        },
    }
    return json.dumps(envelope).encode()


def read_safely() -> None:
    """Limit what kombu unpacks to `MOST_BYTES`; replace py-amqp's reader of properties, whose errors end a worker."""
    unpackers: dict[str, Callable[[], Any]] = {
        "application/x-gzip": zlib.decompressobj,
        "application/x-bz2": bz2.BZ2Decompressor,
        "application/x-lzma": partial(lzma.LZMADecompressor, memlimit=_LZMA_MEMORY),
    }
    for kind, unpacker in unpackers.items():
        pack = compression.get_encoder(kind)[0]  # type: ignore[no-untyped-call]
        compression.register(pack, partial(_unpack, unpacker), kind)  # type: ignore[no-untyped-call]
    serialization.PROPERTY_CLASSES[Basic.CLASS_ID] = _properties


def _unpack(unpacker: Callable[[], Any], packed: bytes) -> bytes:
    unpacked: bytes = unpacker().decompress(packed, MOST_BYTES + 1)
    if len(unpacked) > MOST_BYTES:
        raise ValueError(f"unpacked, it is larger than {MOST_BYTES // 1024} KiB")
    return unpacked


def _properties(buffer: bytes, offset: int) -> tuple[dict[str, Any], int]:
    """Read the properties; on any error, return the header UNREADABLE instead.

    For example, AMQP has seconds: milliseconds of a sender give a year that no calendar has.
    """
    try:
        found: tuple[dict[str, Any], int] = serialization.decode_properties_basic(buffer, offset)
    except Exception as error:  # noqa: BLE001 - foreign bytes may raise anything
        why = f"its properties cannot be read: {type(error).__name__}: {error}"
        return {"application_headers": {UNREADABLE: why}}, len(buffer)
    return found
