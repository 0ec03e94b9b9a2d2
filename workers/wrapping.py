"""Bytes of the broker on which kombu would fail before anyone sees a message: they are wrapped into one that says why.

What is wrapped bears the header UNREADABLE, and is set aside like any other message that is no call of a task.
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
# A task needs some hundred bytes; the largest that is read.
MOST_BYTES = 1024 * 1024
# A task's message has ten brackets or so; what nests deeper than Python's stack has more.
_MOST_BRACKETS = 300
_ENCODINGS = (None, "utf-8", "base64")
_LZMA_MEMORY = 64 * 1024 * 1024
_CARRIED = 16_000  # bytes of an item that go on, for a person to read

Unpack = Callable[[bytes], bytes]


class _Unfit(Exception):
    """Kombu would fail on it; says why."""


def fit(queue: str, item: bytes) -> bytes:
    """Return an item of a Redis list as kombu can take it and give it back: as it is, mended, or wrapped."""
    try:
        envelope = _read(item)
    except _Unfit as why:
        return _wrapped(queue, item, str(why))
    way = {"exchange": "", "routing_key": queue}
    if envelope["properties"]["delivery_info"] == way:
        return item
    # The sender's own exchange is known to Redis only as long as nobody empties it.
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
            _must_decode(body, more.get("body_encoding"))
            found: dict[str, Any] = envelope
            return found
    raise _Unfit("it is no envelope with body, headers, properties, delivery_tag and delivery_info")


def _are_texts(*values: object) -> bool:
    return all(value is None or isinstance(value, str) for value in values)


def _must_decode(body: str, encoding: object) -> None:
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
    """Let kombu unpack no more than `MOST_BYTES`, and py-amqp read properties that it would end a worker with."""
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
    """A sender's milliseconds where AMQP has seconds are a year that no calendar has, for one."""
    try:
        found: tuple[dict[str, Any], int] = serialization.decode_properties_basic(buffer, offset)
    except Exception as error:  # noqa: BLE001 - whatever foreign bytes lead to
        why = f"its properties cannot be read: {type(error).__name__}: {error}"
        return {"application_headers": {UNREADABLE: why}}, len(buffer)
    return found
