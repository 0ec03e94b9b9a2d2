"""`connector local up --with-processes` returns when there is somebody to do the work."""

import pytest

from local.servers.readiness import missing, wait_until_ready
from local.servers.services import Services
from local.servers.startup import ServerFailed
from tasks.broker.queues import QUEUE_NAMES
from tests.support.connector.gateway import Doors


def test_a_queue_without_a_worker_is_waited_for(doors: Doors, fresh_services: Services) -> None:
    doors.ledger.dispatch_window.take_tick(0)
    doors.ledger.dispatch_window.heartbeat("most", "host", [name for name in QUEUE_NAMES if name != "poll"], 4)
    assert missing(doors.ledger.database) == ["the queue poll"]
    with pytest.raises(ServerFailed, match="the queue poll; the logs in logs/ say why"):
        wait_until_ready(fresh_services.database_url, "logs/", timeout=0)
    doors.ledger.dispatch_window.heartbeat("poll", "host", ["poll"], 4)
    wait_until_ready(fresh_services.database_url, "logs/", timeout=0)


def test_dispatch_that_does_not_run_is_waited_for(doors: Doors) -> None:
    doors.ledger.dispatch_window.heartbeat("all", "host", QUEUE_NAMES, 4)
    assert missing(doors.ledger.database) == ["dispatch, which never ran or stopped"]
    doors.ledger.dispatch_window.take_tick(0)
    assert missing(doors.ledger.database) == []
