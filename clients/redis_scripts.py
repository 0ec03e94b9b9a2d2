"""Runs Lua scripts in Redis, any number of them in one round trip."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1
from importlib.resources import files
from typing import Any

import redis
from redis.exceptions import NoScriptError


@dataclass(frozen=True, slots=True)
class Script:
    """A script's text, and its SHA-1, by which Redis knows it once it has run."""

    text: str
    sha: str


@dataclass(frozen=True, slots=True)
class Call:
    """A script call with its keys and arguments, to be run later."""

    script: Script
    keys: Sequence[str]
    arguments: Sequence[str | int]


def read_script(name: str) -> Script:
    """Read a script from the folder of this module."""
    text = files("clients").joinpath(name).read_text()
    return Script(text, sha1(text.encode(), usedforsecurity=False).hexdigest())


def run_scripts(client: "redis.Redis", *calls: Call) -> list[Any]:
    """Run the calls in one round trip and return their answers. Raises redis.RedisError.

    The calls must not depend on each other: a script that Redis does not know yet runs after the others, in another
    round trip.
    """
    with client.pipeline(transaction=False) as pipe:
        for call in calls:
            pipe.evalsha(call.script.sha, len(call.keys), *call.keys, *call.arguments)
        answers = pipe.execute(raise_on_error=False)
    return [_result(client, call, answer) for call, answer in zip(calls, answers, strict=True)]


def _result(client: "redis.Redis", call: Call, answer: Any) -> Any:
    if isinstance(answer, NoScriptError):
        return client.eval(call.script.text, len(call.keys), *call.keys, *call.arguments)
    if isinstance(answer, redis.RedisError):
        raise answer
    return answer
