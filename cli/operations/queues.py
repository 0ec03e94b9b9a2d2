"""`connector queues`: move or drop messages in a queue that no worker consumes."""

import click

from cli.common import settings
from cli.screen import ask, say
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.settings import Settings
from schemas.wording.lists import counted
from schemas.wording.phrases import phrase
from tasks.broker.messages import drop_queue, move_queue, queue_lengths
from tasks.broker.queues import QUEUE_NAMES


@click.group(short_help="Move or drop messages of a misspelled queue.")
def queues() -> None:
    """Move or drop the messages of a queue that nobody consumes. `connector doctor` names such queues.

    First correct the name at the sender, or more will come.
    """


@queues.command()
@click.argument("queue", metavar="FROM")
@click.argument("to", metavar="TO", type=click.Choice(QUEUE_NAMES))
def move(queue: str, to: str) -> None:
    """Move all messages of FROM to TO.

    FROM is a queue that nobody consumes. TO is the connector's queue that was meant.
    """
    chosen = settings()
    _require_foreign_queue(chosen, queue)
    say(f"{counted(move_queue(chosen, queue, to), 'message')} moved from {queue} to {to}")


@queues.command()
@click.argument("queue")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def drop(queue: str, yes: bool) -> None:
    """Delete all messages of QUEUE, which nobody consumes."""
    chosen = settings()
    count = _require_foreign_queue(chosen, queue)
    if not yes:
        ask(f"Delete {counted(count, 'message')} of {queue}? Nobody will do what they ask for")
    say(f"{counted(drop_queue(chosen, queue), 'message')} of {queue} deleted")


def _require_foreign_queue(chosen: Settings, queue: str) -> int:
    """Return how many messages a queue holds that is none of the connector's. Raises NeedsPerson."""
    if queue in QUEUE_NAMES:
        raise NeedsPerson(
            phrase("%(queue)s is the connector's own queue, its workers empty it", queue=queue),
            reason=Reason.OWN_QUEUE,
            resolution=phrase("see whether they run: connector doctor"),
        )
    lengths = queue_lengths(chosen)
    if not lengths.get(queue):
        known = ", ".join(sorted(set(lengths) - set(QUEUE_NAMES))) or "there is none"
        raise NeedsPerson(
            phrase("there is no message in a queue '%(queue)s'", queue=queue),
            reason=Reason.NO_SUCH_QUEUE,
            resolution=phrase("name one that nobody consumes: %(known)s; on RabbitMQ use its own tools", known=known),
        )
    return lengths[queue]
