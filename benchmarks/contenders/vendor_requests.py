"""The requests that the contenders send, without error handling: each is written once, for every way of sending.

What a contender does is a generator: it yields one request after the other and gets the JSON of each answer. `perform`
sends them with `requests`; contenders with coroutines send them with a client of their own. `benchmarks.setup` puts the
addresses and credentials into the environment.
"""

import base64
import os
import threading
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

import requests

from clients.afosto.documents import document

TIMEOUT = 30  # seconds

T = TypeVar("T")
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a vendor; `json` is its body. Its answer is JSON."""

    method: str
    url: str
    headers: dict[str, str]
    params: dict[str, str] = field(default_factory=dict)
    json: Document | None = None


Steps: TypeAlias = Generator[Request, Any, T]
"""Requests one after the other; each gets its answer's JSON. It returns what they were sent for."""

Sender = Callable[..., requests.Response]
"""`requests.request` itself, or that of a session."""


class _PerThread(threading.local):
    session: requests.Session | None = None


_per_thread = _PerThread()
_tokens: dict[str, str] = {}


def with_session(method: str, url: str, **options: Any) -> requests.Response:
    """Send a request with this thread's session, which reuses its connections."""
    if _per_thread.session is None:
        _per_thread.session = requests.Session()
        _per_thread.session.trust_env = False
    return _per_thread.session.request(method, url, **options)


def perform(send: Sender, steps: Steps[T]) -> T:
    """Send the requests of `steps`, and return what they return."""
    answered = None
    while True:
        try:
            request = steps.send(answered)
        except StopIteration as ended:
            result: T = ended.value
            return result
        answer = send(
            request.method,
            request.url,
            headers=request.headers,
            params=request.params,
            json=request.json,
            timeout=TIMEOUT,
        )
        answer.raise_for_status()
        answered = answer.json()


def to_shop(
    shop: str, method: str, path: str, params: dict[str, str] | None = None, body: Document | None = None
) -> Steps[Document]:
    """Send a request to a shop, the first time after one for a token; return the answer."""
    if shop not in _tokens:
        _tokens[shop] = (yield _for_token(shop))["access_token"]
    headers = {"Authorization": f"Bearer {_tokens[shop]}", "Accept": "application/hal+json"}
    answer: Document = yield Request(method, _base(shop) + path, headers, params or {}, body)
    return answer


def to_afosto(name: str, variables: Document) -> Steps[Document]:
    """Send one of the connector's own GraphQL documents to Afosto; return the `data` of the answer."""
    headers = {"Authorization": f"Bearer {os.environ['BENCHMARK_AFOSTO_KEY']}"}
    body = {"query": document(name), "variables": variables}
    answered: Document = yield Request("POST", os.environ["CONNECTOR_AFOSTO_URL"], headers, json=body)
    if "errors" in answered:
        raise ValueError(f"Afosto refused {name}: {answered['errors']}")
    data: Document = answered["data"]
    return data


def _for_token(shop: str) -> Request:
    login = f"{os.environ['BENCHMARK_CLIENT_ID']}:{os.environ['BENCHMARK_CLIENT_SECRET']}"
    headers = {"Authorization": f"Basic {base64.b64encode(login.encode()).decode()}"}
    return Request("POST", f"{_base(shop)}/oauth/token", headers, {"grant_type": "client_credentials"})


def _base(shop: str) -> str:
    return os.environ["CONNECTOR_EPAGES_URL"].format(store=shop)
