"""The ASGI component that makes the faults of a plan happen. See `simulators.faults` for what each kind does."""

import asyncio
import re
import socket
import struct
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from simulators.faults import Allowance, Budget, Fault, FaultPlan
from simulators.hostile import spoiling
from simulators.hostile.answers import Exchange, RawAnswer

_IDS = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_DRIPS = 20
_SHORTEST_WAIT = 0.02
_BLANKS = b" " * 2**20
_OVERSIZE = 24 * 2**20  # bytes: a page of 200 orders has about 2 MB
_NOT_RUN: list[Message] = [{"status": 429, "headers": []}, {"body": b""}]
_REFUSAL = b'{"errorId":"%s","details":{},"message":"The simulator was set to answer with this error.","traceId":null}'


class FaultyApp:
    """Wraps `app`; `plan_of(scope)` gives the plan of a request, or None for a request that gets no faults.

    Losing an answer means closing the connection, which works under `simulators.server` only.
    """

    def __init__(self, app: ASGIApp, plan_of: Callable[[Scope], FaultPlan | None]) -> None:
        self._app = app
        self._plan_of = plan_of
        self._late: set[asyncio.Task[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, with the faults that its plan draws for it."""
        plan = self._plan_of(scope) if scope["type"] == "http" else None
        if plan is None:
            await self._app(scope, receive, send)
        else:
            await _Exchange(self._app, plan, scope, receive, send, self._late).run()


class _Exchange:
    """One request with the faults of its plan."""

    def __init__(
        self, app: ASGIApp, plan: FaultPlan, scope: Scope, receive: Receive, send: Send, late: set[asyncio.Task[None]]
    ) -> None:
        self._app, self._plan, self._scope, self._send, self._late = (app, plan, scope, send, late)
        self._receive = receive
        self._body = b""
        self._headers: list[tuple[bytes, bytes]] = []

    async def run(self) -> None:
        self._body = await _read(self._receive)
        allowance = await self._spend(_header(self._scope, b"authorization"))
        self._headers = budget_headers(self._plan.budget, allowance)
        if allowance and not allowance.passes:
            await self._refuse("429")
            return
        for fault in self._plan.draw(self._scope["method"], self._scope["path"], self._body.decode(errors="replace")):
            if fault.kind != "latency":
                await self._apply(fault)
                return
            await asyncio.sleep(fault.seconds)
        await self._deliver(await self._answer())

    async def _spend(self, key: str) -> Allowance | None:
        """Take a call from the budget; with a budget that `slows`, wait until there is room."""
        while True:
            allowance = self._plan.spend(key)
            if allowance is None or allowance.passes or not (self._plan.budget and self._plan.budget.slows):
                return allowance
            await asyncio.sleep(max(_SHORTEST_WAIT, allowance.resets_in))

    async def _apply(self, fault: Fault) -> None:
        if fault.kind.isdigit():
            await self._fail(fault)
        elif fault.kind in spoiling.KINDS:
            await self._spoil(fault)
        elif fault.kind == "late":
            await self._lose_and_act_later(fault)
        elif fault.kind == "expired-token":
            self._plan.expire(_header(self._scope, b"authorization"))
            await self._deliver(await self._answer())
        else:
            await self._lose(await self._answer(), fault)

    async def _fail(self, fault: Fault) -> None:
        if fault.after_effect:
            await self._answer()
        if fault.retry_after is not None:
            self._headers.append((b"retry-after", b"%d" % round(fault.retry_after)))
        await self._refuse(fault.kind)

    async def _spoil(self, fault: Fault) -> None:
        draw = self._plan.random
        way = spoiling.draw_way(fault.kind, fault.only, draw)
        good = _NOT_RUN if spoiling.refuses(fault.kind, way) else await self._answer()
        spoiled = spoiling.spoil(fault.kind, way, self._exchange(good), draw, fault.at)
        if spoiled is None:
            await self._deliver(good)
            return
        self._note(fault.kind)
        self._plan.notes.append(f"{self._scope['method']} {self._scope['path']}: {fault.kind}, {spoiled.how}")
        await self._write(spoiled.answer)

    def _exchange(self, good: list[Message]) -> Exchange:
        headers = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in good[0]["headers"]]
        return Exchange(self._scope["path"], good[0]["status"], headers, good[1]["body"])

    async def _write(self, answer: RawAnswer) -> None:
        """Write to the connection directly and close it: the server would refuse to send what HTTP does not allow."""
        transport = self._scope["simulators.transport"]
        transport.write(answer.write())
        transport.close()
        await self._receive()

    async def _lose(self, answer: list[Message], fault: Fault) -> None:
        self._note(fault.kind)
        if fault.kind == "reset":
            await self._reset()
        elif fault.kind == "truncate":
            await self._send(answer[0])
            body = answer[1]["body"]
            await self._send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            self._scope["simulators.transport"].close()
            await self._receive()
        elif fault.kind == "oversize":
            await self._oversize(answer)
        else:
            await self._drip(answer, fault.seconds / _DRIPS)

    async def _oversize(self, answer: list[Message]) -> None:
        answer[0]["headers"] = [(name, value) for name, value in answer[0]["headers"] if name != b"content-length"]
        await self._send(answer[0])
        await self._send({**answer[1], "more_body": True})
        for _ in range(_OVERSIZE // len(_BLANKS)):
            await self._send({"type": "http.response.body", "body": _BLANKS, "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})

    async def _drip(self, answer: list[Message], pause: float) -> None:
        await self._send(answer[0])
        body = answer[1]["body"]
        step = max(1, -(-len(body) // _DRIPS))
        for start in range(0, len(body), step):
            await asyncio.sleep(pause)
            await self._send({"type": "http.response.body", "body": body[start : start + step], "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})

    async def _lose_and_act_later(self, fault: Fault) -> None:
        self._note("late")
        task = asyncio.create_task(self._act_later(fault.seconds))
        self._late.add(task)
        task.add_done_callback(self._late.discard)
        await asyncio.sleep(fault.hold)
        await self._reset()

    async def _act_later(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self._scope["simulators.late"] = True
        await self._answer()

    async def _reset(self) -> None:
        transport = self._scope["simulators.transport"]
        # When the caller has hung up already, the socket is closed and takes no options.
        if not transport.is_closing():
            # Zero linger makes the kernel send RST instead of a normal close, as a crashed proxy does.
            linger = struct.pack("ii", 1, 0)
            transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            transport.abort()
        # Wait until the server knows of the disconnect: else it logs that the app returned without an answer.
        await self._receive()

    async def _answer(self) -> list[Message]:
        """Run the app and keep its answer: the start message and the whole body in one message."""
        kept: list[Message] = []

        async def keep(message: Message) -> None:
            kept.append(message)

        await self._app(self._scope, _replay(self._body), keep)
        return [kept[0], {"type": "http.response.body", "body": b"".join(m.get("body", b"") for m in kept[1:])}]

    async def _deliver(self, answer: list[Message]) -> None:
        self._note(str(answer[0]["status"]))
        answer[0]["headers"] = [*answer[0]["headers"], *self._headers]
        for message in answer:
            await self._send(message)

    async def _refuse(self, status: str) -> None:
        self._note(status)
        body = _REFUSAL % status.encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *self._headers]
        await self._send({"type": "http.response.start", "status": int(status), "headers": headers})
        await self._send({"type": "http.response.body", "body": body})

    def _note(self, outcome: str) -> None:
        self._plan.requests[self._scope["method"], _IDS.sub("{id}", self._scope["path"]), outcome] += 1


def budget_headers(budget: Budget | None, allowance: Allowance | None) -> list[tuple[bytes, bytes]]:
    """The headers about a client's budget; Retry-After only when the call was refused."""
    if budget is None or allowance is None:
        return []
    headers: list[tuple[str, str]] = []
    if budget.headers:
        resets_at = datetime.now(UTC) + timedelta(seconds=allowance.resets_in)
        headers += [("x-ratelimit-limit", str(budget.calls)), ("x-ratelimit-remaining", str(allowance.remaining))]
        headers += [(budget.reset_header.lower(), f"{resets_at:%Y-%m-%dT%H:%M:%S}Z")]
    if budget.retry_after and not allowance.passes:
        headers.append(("retry-after", str(int(allowance.resets_in) + 1)))
    return [(name.encode(), value.encode()) for name, value in headers]


async def _read(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _replay(body: bytes) -> Receive:
    async def receive() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    return receive


def _header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), "")
