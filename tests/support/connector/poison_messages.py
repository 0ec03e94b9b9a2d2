"""Messages that no worker can process, by name: each is a function that publishes one to a queue of a broker.

`poison_messages(broker_url)` returns those that this kind of broker can carry. A worker that gets one sets it aside and
goes on with the next message.
"""

import base64
import bz2
import json
import lzma
import pickle
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from uuid import uuid4

import amqp  # type: ignore[import-untyped]
from kombu.connection import Connection
from redis import Redis

Publish = Callable[[str, str], None]  # address of the broker, name of the queue

KEYWORDS = {"store": "corner", "order": "4711"}
TASK = "orders.import"
# Bytes: much more than a task needs; the size that a small compressed message expands to.
HUGE = 50_000_000
NESTED = 100_000


@dataclass(frozen=True, slots=True)
class OddMessage:
    """A message as its sender gives it to the broker. `headers` are added to those of a task.

    A large `body` is created when it is sent.
    """

    body: bytes | Callable[[], bytes]
    headers: Mapping[str, Any] = field(default_factory=dict)
    content_type: str | None = "application/json"
    content_encoding: str | None = "utf-8"
    bare: bool = False  # without the headers of a task

    def publish(self, broker_url: str, queue: str) -> None:
        """Send it as Celery sends a task."""
        task = {} if self.bare else {"task": TASK, "id": str(uuid4()), "lang": "py"}
        with Connection(broker_url) as connection:  # type: ignore[no-untyped-call] # kombu is untyped
            channel = connection.default_channel
            message = channel.prepare_message(
                self.body() if callable(self.body) else self.body,
                content_type=self.content_type,
                content_encoding=self.content_encoding,
                headers={**task, **self.headers},
                properties={"delivery_mode": 2},
            )
            channel.basic_publish(message, exchange="", routing_key=queue)


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _call(keywords: Any = KEYWORDS, embed: Any = None, args: Any = ()) -> bytes:
    return _json([list(args) if isinstance(args, tuple) else args, keywords, embed or {}])


_ANOTHER_TASK: Mapping[str, Any] = {
    "task": "reconcile.sweep",
    "args": [],
    "kwargs": {},
    "options": {},
    "subtask_type": None,
}


def _bodies() -> Mapping[str, OddMessage]:
    """Return messages whose body is JSON but no call of a task, or no JSON at all."""
    no_calls = {
        "a text": "x",
        "a number": 7,
        "null": None,
        "true": True,
        "an empty list": [],
        "an empty object": {},
        "a list in a list": [[]],
        "two of three parts": [[], KEYWORDS],
        "four parts": [[], KEYWORDS, {}, {}],
        "bare keywords": KEYWORDS,
        "keywords in a list": [KEYWORDS],
        "keywords as a list": [[], ["corner", "4711"], {}],
        "arguments as an object": [{}, KEYWORDS, {}],
        "embed as a list": [[], KEYWORDS, ["chain"]],
    }
    return {
        **{name: OddMessage(_json(value)) for name, value in no_calls.items()},
        **{f"{name} without headers": OddMessage(_json(value), bare=True) for name, value in no_calls.items()},
        "no body": OddMessage(b""),
        "no JSON": OddMessage(b'[[], {"store": '),
        "no text": OddMessage(b"\xff\xfe\x00\x80", content_encoding="binary"),
        "no text that calls itself UTF-8": OddMessage(b"\xff\xfe\x00\x80"),
        "not of Celery": OddMessage(b"order 4711 of corner", bare=True, content_type="text/plain"),
        "neither type nor headers": OddMessage(b"\x00\x01\x02", bare=True, content_type=None, content_encoding=None),
        "protocol 1": OddMessage(_json({"task": TASK, "id": "1", "args": [], "kwargs": KEYWORDS}), bare=True),
        "pickle": OddMessage(pickle.dumps([[], KEYWORDS, {}]), content_type="application/x-python-serialize"),
        "YAML": OddMessage(b"- []\n- {store: corner}\n- {}\n", content_type="application/x-yaml"),
        "an unknown type": OddMessage(_call(), content_type="application/x-nobody-knows"),
        "huge": OddMessage(_huge),
        "nested lists": OddMessage(b"[" * NESTED + b"]" * NESTED),
        "nested keywords": OddMessage(_call().replace(b'"4711"', b'{"a":' * 900 + b"1" + b"}" * 900)),
    }


def _huge() -> bytes:
    return _call({**KEYWORDS, "more": "x" * HUGE})


def _compressed() -> Mapping[str, OddMessage]:
    """Return compressed messages, also small ones that become huge when a worker unpacks them."""
    packers: Mapping[str, Callable[[bytes], bytes]] = {
        "application/x-gzip": zlib.compress,
        "application/x-bz2": bz2.compress,
        "application/x-lzma": partial(lzma.compress, preset=1),
    }
    bombs = {
        f"a bomb of {name}": OddMessage(partial(_pack, pack), {"compression": name}) for name, pack in packers.items()
    }
    return {
        **bombs,
        "compressed by nobody's way": OddMessage(_call(), {"compression": "x-nobody-knows"}),
        "compressed in name only": OddMessage(_call(), {"compression": "gzip"}),
        "compressed by a list": OddMessage(_call(), {"compression": ["gzip"]}),
    }


def _pack(pack: Callable[[bytes], bytes]) -> bytes:
    return pack(_huge())


def _keywords() -> Mapping[str, OddMessage]:
    odd = {
        "no keywords": {},
        "a number for a store": {**KEYWORDS, "store": 7},
        "an object for an order": {**KEYWORDS, "order": {"id": "4711"}},
        "NUL in a keyword": {**KEYWORDS, "order": "47\x0011"},
        "half a character in a keyword": {**KEYWORDS, "order": "47\ud80011"},
        "a version beyond all": {**KEYWORDS, "version": 10**400},
    }
    return {
        **{name: OddMessage(_call(keywords)) for name, keywords in odd.items()},
        "a number beyond all numbers": OddMessage(_call().replace(b'"4711"', b"1e999999")),
        "a number of many digits": OddMessage(_call().replace(b'"4711"', b"9" * 10_000)),
        "a type nobody knows": OddMessage(_call({**KEYWORDS, "order": {"__type__": "nobody", "__value__": 1}})),
        "a decimal that fills the memory": OddMessage(
            _call({**KEYWORDS, "order": {"__type__": "decimal", "__value__": "1e999999999"}})
        ),
        "a type that is a list": OddMessage(_call({**KEYWORDS, "order": {"__type__": [], "__value__": 1}})),
        "arguments without names": OddMessage(_call(args=("corner", "4711"))),
    }


def _headers() -> Mapping[str, OddMessage]:
    odd: Mapping[str, Mapping[str, Any]] = {
        "an unknown task": {"task": "orders.explode"},
        "a task of Celery itself": {"task": "celery.backend_cleanup"},
        "a list for a task": {"task": ["orders.import"]},
        "an object for a task": {"task": {"name": TASK}},
        "no name of a task": {"task": None},
        "an object for an id": {"id": {"a": 1}},
        "a list for an id": {"id": []},
        "no id": {"id": None},
        "a long id": {"id": "x" * 100_000},
        "terminal codes for an id": {"id": "\x1b[2J\u202eid"},
    }
    return {name: OddMessage(_call({}), headers) for name, headers in odd.items()}


def _chained() -> Mapping[str, OddMessage]:
    """Return messages that request another task after the one they name."""
    requests = {
        "a chain": {"chain": [_ANOTHER_TASK]},
        "a callback": {"callbacks": [_ANOTHER_TASK]},
        "an errback": {"errbacks": [_ANOTHER_TASK]},
        "a chord": {"chord": _ANOTHER_TASK},
        "a request of its own": {"reply_to": "orders", "id": "other"},
    }
    return {name: OddMessage(_call(embed=embed)) for name, embed in requests.items()}


def _push(item: bytes, broker_url: str, queue: str) -> None:
    with Redis.from_url(broker_url) as client:
        client.lpush(queue, item)


def _envelope(**changes: Any) -> bytes:
    whole = {
        "body": base64.b64encode(_call()).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": {"task": TASK, "id": "poisoned"},
        "properties": {
            "delivery_tag": "poisoned",
            "delivery_info": {"exchange": "", "routing_key": "orders"},
            "body_encoding": "base64",
        },
    }
    return _json({name: value for name, value in {**whole, **changes}.items() if value is not ...})


def _properties(**changes: Any) -> bytes:
    given = {"delivery_tag": "poisoned", "delivery_info": {"exchange": "", "routing_key": "orders"}, **changes}
    return _envelope(properties={name: value for name, value in given.items() if value is not ...})


def _items() -> Mapping[str, bytes]:
    """Return items that only a Redis list can contain: no envelope of kombu, or a broken one."""
    return {
        "an item that is no JSON": b"order 4711",
        "an item that is no text": b"\xff\x00\xfe",
        "an empty item": b"",
        "a huge item": b"x" * (HUGE // 10),
        "a nested item": b'{"a":' * NESTED + b"1" + b"}" * NESTED,
        "an item that is a text": b'"x"',
        "an item that is null": b"null",
        "an item that is a list": b"[]",
        "an item that is an empty object": b"{}",
        "an item that is a call": _call(),
        "an item that is bare keywords": _json(KEYWORDS),
        "an envelope without a body": _envelope(body=...),
        "an envelope without properties": _envelope(properties=...),
        "an envelope without headers": _envelope(headers=...),
        "headers that are null": _envelope(headers=None),
        "headers that are a list": _envelope(headers=["task", TASK]),
        "headers that nest": _envelope(headers={"task": TASK, "id": "x", "more": 1}).replace(
            b"1}", b"[" * 900 + b"]" * 900 + b"}"
        ),
        "properties that are a list": _envelope(properties=[]),
        "a body that is a number": _envelope(body=7),
        "a body that is an object": _envelope(body={"store": "corner"}),
        "a body of wrong base64": _envelope(body="%%%"),
        "a body of cut base64": _envelope(body="W1td"[:-1]),
        "a body encoded by nobody's way": _properties(body_encoding="x-nobody-knows"),
        "a body encoded by a list": _properties(body_encoding=["base64"]),
        "a content type that is a list": _envelope(**{"content-type": ["application/json"]}),
        "a content encoding that is a number": _envelope(**{"content-encoding": 8}),
        "no delivery tag": _properties(delivery_tag=...),
        "a delivery tag that is an object": _properties(delivery_tag={"a": 1}),
        "a delivery tag that is null": _properties(delivery_tag=None),
        "a delivery tag of half a character": _properties(delivery_tag="\ud800"),
        "no delivery info": _properties(delivery_info=...),
        "a delivery info that is empty": _properties(delivery_info={}),
        "a delivery info that is a text": _properties(delivery_info="orders"),
        "a delivery info that names a list": _properties(delivery_info={"exchange": [], "routing_key": []}),
    }


def _publish_raw(properties: bytes, broker_url: str, queue: str) -> None:
    class Crafted(amqp.Message):  # type: ignore[misc] # amqp is untyped
        def _serialize_properties(self) -> bytes:
            return properties

    with Connection(broker_url) as connection:  # type: ignore[no-untyped-call] # kombu is untyped
        connection.default_channel.basic_publish(Crafted(_call()), exchange="", routing_key=queue)


def _amqp_properties() -> Mapping[str, bytes]:
    """Return properties that AMQP allows but that are no valid time or text: flags of the fields, then their bytes."""
    milliseconds = struct.pack(">Q", 1_700_000_000_000_000)
    table = b"\x04sent" + b"T" + milliseconds
    return {
        "a time in milliseconds": struct.pack(">H", 1 << 6) + milliseconds,
        "a header's time in milliseconds": struct.pack(">HI", 1 << 13, len(table)) + table,
        "a content type that is no text": struct.pack(">HB", 1 << 15, 2) + b"\xff\xfe",
    }


_MESSAGES = (_bodies, _compressed, _keywords, _headers, _chained)


def poison_messages(broker_url: str) -> Mapping[str, Publish]:
    """Return name → function for each message that this broker can carry."""
    found: dict[str, Publish] = {name: message.publish for group in _MESSAGES for name, message in group().items()}
    if broker_url.startswith("redis"):
        found |= {name: partial(_push, item) for name, item in _items().items()}
    else:
        found |= {name: partial(_publish_raw, given) for name, given in _amqp_properties().items()}
    return found


def harmless(broker_url: str) -> Mapping[str, Publish]:
    """Return odd messages that still request a task, for the order whose id is the message's name.

    A worker ignores the parts of them that it does not need.
    """
    past, garbage = "2001-01-01T00:00:00", "the day after"
    odd: Mapping[str, Mapping[str, Any]] = {
        "a time of no calendar": {"eta": garbage, "expires": garbage},
        "a time long past": {"eta": past, "expires": past},
        "a time that no clock shows": {"eta": "0001-01-01T00:00:00+14:00"},
        "a time that is an object": {"eta": {}, "expires": []},
        "a text for retries": {"retries": "many"},
        "limits of no time": {"timelimit": "never"},
        "limits of the past": {"timelimit": [-1, -1]},
        "an object for what is shown": {"argsrepr": {}, "kwargsrepr": [], "shadow": {}, "origin": {}},
        "objects for kin": {"root_id": {}, "parent_id": [], "group": {}, "group_index": "x"},
        "a wish for a result": {"ignore_result": {}, "reply_to": {}},
        "stamps of nobody": {"stamps": "x", "stamped_headers": 7},
    }
    found = {name: OddMessage(_call({**KEYWORDS, "order": name}), headers) for name, headers in odd.items()}
    for encoding in ("x-nobody-knows", "zlib_codec"):
        found[encoding] = OddMessage(_call({**KEYWORDS, "order": encoding}), content_encoding=encoding)
    return {name: message.publish for name, message in found.items()}
