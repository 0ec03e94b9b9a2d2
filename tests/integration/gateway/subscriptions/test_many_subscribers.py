"""Many systems have events waiting at once: a tick of dispatch serves a part of them, and stays within its second."""

import time
from collections import Counter

from jobs.runtime import build_runtime
from local.servers.services import Services, environment
from schemas.settings import load_settings
from schemas.states import Event
from tasks.broker.producer import Producer
from tasks.dispatch import MOST_SUBSCRIBERS_PER_TICK, dispatch
from tests.support.connector.gateway import Doors
from tests.support.ledger.events import park

TICKS = 3


def test_each_tick_serves_a_part_of_many_subscribers_within_its_second(doors: Doors, fresh_services: Services) -> None:
    doors.store("shop")
    _subscribe(doors, TICKS * MOST_SUBSCRIBERS_PER_TICK - 1)
    park(doors, "shop", "1")
    settings = load_settings(environment(fresh_services))
    producer, sent = Producer(settings), Counter[int]()

    def send(task: str, message: dict[str, object], queue: str) -> None:
        producer.send(task, message)
        if task == "events.deliver":
            sent[int(str(message["subscription"]))] += 1

    runtime = build_runtime(settings, send=send, backlog=lambda _: 0)
    counts, seconds = [], []
    for _ in range(TICKS):
        doors.ledger.database.transaction(
            lambda session: session.execute("update dispatches set ran_at = now() - interval '10 seconds'")
        )
        before, began = sent.total(), time.monotonic()
        dispatch(runtime)
        seconds.append(time.monotonic() - began)
        counts.append(sent.total() - before)
    runtime.close()
    producer.close()
    print(f"ticks of {counts} subscribers took {', '.join(f'{each * 1000:.0f} ms' for each in seconds)}")
    assert counts == [MOST_SUBSCRIBERS_PER_TICK, MOST_SUBSCRIBERS_PER_TICK, MOST_SUBSCRIBERS_PER_TICK - 1]
    assert set(sent.values()) == {1}
    # What else runs on the machine may only lengthen a tick.
    assert min(seconds) < settings.dispatch_interval


def _subscribe(doors: Doors, count: int) -> None:
    doors.ledger.database.transaction(
        lambda session: session.execute(
            "insert into subscriptions (url, secret, events)"
            " select 'https://erp.example/' || n, 'sealed', %s from generate_series(1, %s) as n",
            ([Event.JOB_PARKED], count),
        )
    )
