"""Broker messages that no worker can process, kept for a person to read."""

import hashlib
from dataclasses import asdict, dataclass

from ledger.postgres.database import Database, Row
from schemas.advice import SEE_MESSAGES
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.wording.phrases import phrase

# The newest KEPT different messages of each queue are kept, CONTENT characters of each: some 4 MB for ten queues.
KEPT, CONTENT = 100, 4_000


@dataclass(frozen=True, slots=True)
class SetAsideMessage:
    """A message as it is kept: its queue, what is known of it, and its body as text without control characters.

    `size` is the body's in bytes; `content` its beginning, at most `CONTENT` characters.
    """

    queue: str
    message_id: str | None
    task: str | None
    why: str
    size: int
    content: str


class SetAside:
    """Keeps equal messages as one row, and the newest `KEPT` rows of each queue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, message: SetAsideMessage) -> None:
        """Keep a message, or count it when an equal one is kept already. Raises RetryLater without a database."""
        values = {**asdict(message), "fingerprint": _fingerprint(message)}
        self._database.batch(("set_aside.keep", values), ("set_aside.trim", {"queue": message.queue, "kept": KEPT}))

    def kept(self) -> list[Row]:
        """Return the kept messages, newest first, without their content."""
        return self._database.rows("set_aside.kept")

    def counts(self) -> list[Row]:
        """Return per queue the messages kept, how often they came, and when the last one came."""
        return self._database.rows("set_aside.counts")

    def find(self, number: int) -> Row:
        """Return one message with its content. Raises NeedsPerson when it is not kept."""
        row = self._database.row("set_aside.find", {"id": number})
        if row is None:
            raise _unknown(number)
        return row

    def forget(self, number: int | None) -> int:
        """Delete one message, or all for None; return how many. Raises NeedsPerson when it is not kept."""
        gone = len(self._database.rows("set_aside.forget", {"id": number}))
        if number is not None and not gone:
            raise _unknown(number)
        return gone


def _fingerprint(message: SetAsideMessage) -> bytes:
    text = "\n".join((message.task or "", message.why, message.content))
    return hashlib.sha256(text.encode()).digest()


def _unknown(number: int) -> NeedsPerson:
    return NeedsPerson(
        phrase("no message %(number)s is set aside", number=number),
        reason=Reason.UNKNOWN_MESSAGE,
        resolution=SEE_MESSAGES(),
    )
