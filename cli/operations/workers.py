"""`connector workers`: remove workers that are gone from the list."""

import click

from cli.common import open_ledger
from cli.screen import say
from ledger.status import Status
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.wording.phrases import phrase
from schemas.wording.spans import span
from tasks.broker.consumers import is_silent


@click.group(short_help="Forget a worker that is gone for good.")
def workers() -> None:
    """Forget a worker that is gone for good. `connector status` lists all of them."""


@workers.command()
@click.argument("worker", metavar="WORKER")
def forget(worker: str) -> None:
    """Remove a dead WORKER from the list.

    `connector status` shows the list. Remove a worker only after it died for good.
    A worker that ended properly, or was restarted on its host, is not on the list.
    """
    with open_ledger() as ledger:
        found = next((row for row in Status(ledger.database).workers() if row["id"] == worker), None)
        if found is None:
            raise NeedsPerson(
                phrase("there is no worker '%(worker)s'", worker=worker),
                reason=Reason.NO_SUCH_WORKER,
                resolution=phrase("see: connector status"),
            )
        if not is_silent(found):
            raise NeedsPerson(
                phrase(
                    "the worker %(worker)s is alive, it reported %(age)s ago",
                    worker=worker,
                    age=span(found["seen_before"]),
                ),
                reason=Reason.WORKER_ALIVE,
                resolution=phrase("end its process with SIGTERM; it then leaves the list by itself"),
            )
        ledger.dispatch_window.forget(worker)
    say(f"{worker} is forgotten")
