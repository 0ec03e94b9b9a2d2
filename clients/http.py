"""HTTP to the vendors: each call has a total deadline, a body limit, hooks, and errors from one status table."""

import json
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from clients.proxies import proxies_for, trusted
from clients.status_errors import Answer, Request, lost, not_sent, refusal
from clients.transport import Call, current_call, shared_session
from schemas.errors import ConnectorError, NeedsPerson, RetryLater, Wait
from schemas.reasons import Reason
from schemas.values.numbers import read_constant, read_decimal, read_int
from schemas.values.texts import excerpt
from schemas.vendors import Vendor
from schemas.wording.phrases import phrase
from tracing.spans import Kind, note, span

DEADLINE_SECONDS = 10.0  # for a whole call: lease check, connect, send, and the answer to its last byte
BODY_LIMIT = 20 * 1024 * 1024  # bytes: a page of 200 orders has about 2 MB
# Most values in one document: a page of 200 orders has about 50,000. Millions of small values would fill the memory.
MOST_VALUES = 500_000
USER_AGENT = f"epages-afosto-connector/{version('epages-afosto-connector')}"
_CHUNK = 65_536

Interpret = Callable[[Answer], ConnectorError | None]


@dataclass(frozen=True, slots=True)
class ResponseFacts:
    """What the limiter and the breaker learn from a call.

    `status` is None and `headers` is empty if no usable answer came. `throttled` means that the vendor asked for fewer
    calls (429, or Afosto's RATE_LIMITED with status 200). `healthy` is false for network failures and vendor errors.
    """

    status: int | None
    headers: Mapping[str, str]
    seconds: float
    throttled: bool
    healthy: bool


def _before_nothing(effect: bool) -> None:
    """Allow every call."""


def _after_nothing(facts: ResponseFacts) -> None:
    """Learn nothing."""


@dataclass(slots=True)
class Http:
    """Sends requests with one credential during one run of a job; the whole process shares the connections.

    `before(effect)` is called before each request and may raise Wait or LeaseLost to stop it. `after(facts)` is called
    after each request, whatever its result. With `public_only`, nothing is sent to an address inside.
    """

    before: Callable[[bool], None] = _before_nothing
    after: Callable[[ResponseFacts], None] = _after_nothing
    deadline_seconds: float = DEADLINE_SECONDS
    body_limit: int = BODY_LIMIT
    public_only: bool = False
    session: requests.Session = field(default_factory=shared_session, repr=False)

    def send(
        self,
        method: str,
        url: str,
        *,
        effect: bool,
        headers: Mapping[str, str],
        params: Mapping[str, str] | None = None,
        body: Mapping[str, object] | None = None,
        interpret: Interpret | None = None,
    ) -> Answer:
        """Send one request, with `body` as JSON, and return its answer.

        `effect` says that the request changes the other side. `interpret` gets the answer before the status table and
        may return the error itself. Raises the errors of `clients/status_errors.py`, and what `before` raises.
        """
        parts = urlsplit(url)
        request = Request(method, parts.netloc.rpartition("@")[2], parts.path, effect)
        # The deadline starts before the lease check: a process that freezes after the check then finds it passed, and
        # sends nothing.
        ends_at = time.monotonic() + self.deadline_seconds
        self.before(effect)
        started = time.monotonic()
        try:
            answer = self._exchange(Call(ends_at), request, url, _prepared(headers, params, body))
        except ConnectorError as failure:
            self.after(_facts(None, failure, time.monotonic() - started))
            raise
        note(status=answer.status)
        error = (interpret(answer) if interpret else None) or refusal(answer)
        self.after(_facts(answer, error, time.monotonic() - started))
        if error is not None:
            raise error
        return answer

    def post(self, url: str, content: bytes, headers: Mapping[str, str]) -> None:
        """Post JSON to an address that another system named; any answer of 2xx is a success.

        Raises the errors of `clients/status_errors.py`. Their messages show only the host: the path of such an address
        may be a secret.
        """
        request = Request("POST", urlsplit(url).netloc.rpartition("@")[2], "", effect=True)
        call = Call(time.monotonic() + self.deadline_seconds, public_only=self.public_only)
        prepared = {**_prepared({"Content-Type": "application/json", **headers}, None, None), "data": content}
        with _as_connector_errors(call, request), self._stream(call, request, url, prepared) as response:
            _read(response, self.body_limit)
        if error := refusal(Answer(request, response.status_code, response.headers, None)):
            raise error

    def _exchange(self, call: Call, request: Request, url: str, content: dict[str, Any]) -> Answer:
        """Send the request and read the answer. A read is sent once more if its kept connection was already closed."""
        try:
            return self._attempt(call, request, url, content)
        except RetryLater:
            stale = call.sent and call.reused and not call.answered
            if request.effect or not stale or call.ends_at <= time.monotonic():
                raise
        return self._attempt(Call(call.ends_at, fresh=True), request, url, content)

    def _attempt(self, call: Call, request: Request, url: str, content: dict[str, Any]) -> Answer:
        with _as_connector_errors(call, request), self._stream(call, request, url, content) as response:
            body = _read(response, self.body_limit)
        if body is None:
            raise lost(request, phrase("the body is over %(limit)s bytes", limit=self.body_limit))
        return Answer(request, response.status_code, response.headers, _document(request, response.status_code, body))

    @contextmanager
    def _stream(self, call: Call, request: Request, url: str, content: dict[str, Any]) -> Iterator[requests.Response]:
        token = current_call.set(call)
        try:
            prepared = requests.PreparedRequest()
            prepared.prepare(request.method, url, **content)
            # We use the adapter directly: the session's cookies, redirects and environment would cost a third more.
            adapter = self.session.get_adapter(prepared.url or url)
            proxies = proxies_for(urlsplit(url).scheme, request.host)
            options: dict[str, Any] = {"timeout": self.deadline_seconds, "verify": trusted(), "proxies": proxies}
            with adapter.send(prepared, stream=True, **options) as response:
                yield response
        finally:
            current_call.reset(token)


def call_span(vendor: Vendor, operation: str, path: str | None = None, *, effect: bool) -> AbstractContextManager[None]:
    """Record a call as a span. `operation`: its method at ePages, the name of its document at Afosto.

    `path` is the path below the shop's address, with ids and without parameters. `effect`: the call changes something.
    """
    return span(f"{vendor} {operation}", Kind.CLIENT, vendor=vendor.value, path=path, effect=effect)


def _prepared(
    headers: Mapping[str, str], params: Mapping[str, str] | None, body: Mapping[str, object] | None
) -> dict[str, Any]:
    data = None if body is None else json.dumps(body).encode()
    kind = {} if body is None else {"Content-Type": "application/json"}
    usual = {"User-Agent": USER_AGENT, "Accept-Encoding": "gzip", "Accept": "*/*"}
    return {"headers": {**usual, **kind, **headers}, "params": params, "data": data}


@contextmanager
def _as_connector_errors(call: Call, request: Request) -> Iterator[None]:
    """Turn network errors into our errors, depending on whether the connection has sent anything."""
    try:
        yield
    except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, requests.exceptions.MissingSchema) as e:
        raise NeedsPerson(
            phrase("The address %(address)s is not one that can be called.", address=request.host + request.path),
            reason=Reason.BAD_ADDRESS,
            resolution=phrase("Correct the address of the connection."),
            store_wide=True,
        ) from e
    except (OSError, HTTPError) as error:  # requests' own errors are OSErrors
        root = _root(error)
        if call.sent:
            raise lost(request, type(root).__name__) from error
        if isinstance(error, requests.exceptions.ProxyError):
            raise not_sent(request, phrase("by way of a proxy: %(error)s", error=excerpt(root))) from error
        unknown = isinstance(root, socket.gaierror) and root.errno == socket.EAI_NONAME
        raise not_sent(request, type(root).__name__, unknown_host=unknown) from error


def _root(error: BaseException) -> BaseException:
    while (deeper := error.__cause__ or error.__context__) is not None:
        error = deeper
    return error


def _read(response: requests.Response, limit: int) -> bytes | None:
    """The decoded body, or None if it is over the limit."""
    body = bytearray()
    for chunk in response.iter_content(_CHUNK):
        body += chunk
        if len(body) > limit:
            return None
    return bytes(body)


def _document(request: Request, status: int, body: bytes) -> object:
    """The JSON of a body. A success (except 204) must be a JSON object, a refusal need not be one."""
    if status == 204:
        return None
    if body.count(b",") > MOST_VALUES:
        raise lost(request, phrase("the body has over %(most)s values", most=MOST_VALUES))
    try:
        document = json.loads(body, parse_float=read_decimal, parse_int=read_int, parse_constant=read_constant)
    except (ValueError, RecursionError):
        document = None
    if status < 300 and not isinstance(document, dict):
        raise lost(request, phrase("the body is not a JSON object"))
    return document


def _facts(answer: Answer | None, error: ConnectorError | None, seconds: float) -> ResponseFacts:
    throttled = isinstance(error, Wait)
    return ResponseFacts(
        status=answer.status if answer else None,
        headers=answer.headers if answer else {},
        seconds=seconds,
        throttled=throttled,
        healthy=throttled or not isinstance(error, RetryLater),
    )
