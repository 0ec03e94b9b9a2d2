"""Taskiq on a stream of Redis: coroutines in one process, and a session of aiohttp that they share.

    taskiq worker --workers 1 --max-async-tasks 16 benchmarks.contenders.on_taskiq:broker

Taskiq is made for coroutines, so its tasks wait for the vendors without threads. It is the only contender that does not
send its requests with `requests`.
"""

import asyncio
import os
from typing import Annotated, Any

from aiohttp import ClientSession, ClientTimeout
from taskiq import Context, TaskiqDepends, TaskiqEvents, TaskiqState
from taskiq_redis import RedisStreamBroker

from benchmarks.contenders import import_requests
from benchmarks.contenders.vendor_requests import TIMEOUT, Document, Steps, T

broker = RedisStreamBroker(os.environ["BENCHMARK_TASKIQ_REDIS"])


@broker.on_event(TaskiqEvents.WORKER_STARTUP)
async def open_session(state: TaskiqState) -> None:
    """Open the session that all tasks of the worker share."""
    state.session = ClientSession(raise_for_status=True, timeout=ClientTimeout(TIMEOUT))


@broker.on_event(TaskiqEvents.WORKER_SHUTDOWN)
async def close_session(state: TaskiqState) -> None:
    """Close it."""
    await state.session.close()


def session(context: Annotated[Context, TaskiqDepends()]) -> ClientSession:
    """Return the worker's session, for a task that depends on it."""
    found: ClientSession = context.state.session
    return found


SESSION = TaskiqDepends(session)


@broker.task
async def import_all(shop: str, handed: bool, session: ClientSession = SESSION) -> None:
    """Send a task for each order of the shop."""
    page, pages = 0, 1
    while page < pages:
        found, pages = await _perform(session, import_requests.orders_of_page(shop, page, handed=handed))
        for order in found:
            await import_order.kiq(shop, order)
        page += 1


@broker.task
async def import_order(shop: str, order: str | Document, session: ClientSession = SESSION) -> None:
    """Import one order."""
    await _perform(session, import_requests.steps_of_import(shop, order))


def worker(concurrency: int) -> list[list[str]]:
    """Return the command of one process that runs this many coroutines at once."""
    options = ["--workers", "1", "--max-async-tasks", str(concurrency)]
    return [["taskiq", "worker", *options, f"{__name__}:broker"]]


def begin(shop: str, *, handed: bool) -> None:
    """Import all orders of a shop."""
    asyncio.run(_begin(shop, handed=handed))


async def _begin(shop: str, *, handed: bool) -> None:
    await broker.startup()
    await import_all.kiq(shop, handed)
    await broker.shutdown()


async def _perform(session: ClientSession, steps: Steps[T]) -> T:
    """Send the requests of `steps`, and return what they return."""
    answered: Any = None
    while True:
        try:
            request = steps.send(answered)
        except StopIteration as ended:
            result: T = ended.value
            return result
        async with session.request(
            request.method, request.url, headers=request.headers, params=request.params, json=request.json
        ) as answer:
            # The shop's answers are application/hal+json.
            answered = await answer.json(content_type=None)
