"""Messages of the broker that no worker can work on, kept for a person to read."""

import hashlib
from dataclasses import asdict, dataclass

from ledger.database import Database, Row
from schemas.errors import NeedsPerson
from schemas.reasons import Reason

# Kept of each queue: so many different messages, the newest, and of each so many characters. Ten queues hold some 4 MB.
KEPT, CONTENT = 100, 4_000


@dataclass(frozen=True, slots=True)
class SetAsideMessage:
    """A message as it is kept: where it came, what can be told of it, and its body as text without control characters.

    `size` is the body's in bytes; `content` its beginning, at most `CONTENT` characters.
    """

    queue: str
    message_id: str | None
    task: str | None
    why: str
    size: int
    content: str


class SetAside:
    """Equal messages are one row; of each queue the newest `KEPT` rows stay."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep(self, message: SetAsideMessage) -> None:
        """Keep a message, or count it when an equal one is kept already. Raises RetryLater without a database."""
        values = {**asdict(message), "fingerprint": _fingerprint(message)}
        self._database.batch(("set_aside.keep", values), ("set_aside.trim", {"queue": message.queue, "kept": KEPT}))

    def kept(self) -> list[Row]:
        """Return what is kept, newest first, without the content."""
        return self._database.rows("set_aside.kept")

    def counts(self) -> list[Row]:
        """Return per queue: messages kept, how often they came, when the last one came."""
        return self._database.rows("set_aside.counts")

    def find(self, number: int) -> Row:
        """Return one message with its content. Raises NeedsPerson when it is not kept."""
        row = self._database.row("set_aside.find", {"id": number})
        if row is None:
            raise _unknown(number)
        return row

    def forget(self, number: int | None) -> int:
        """Delete one message, or all for None; return how many went. Raises NeedsPerson when it is not kept."""
        gone = len(self._database.rows("set_aside.forget", {"id": number}))
        if number is not None and not gone:
            raise _unknown(number)
        return gone


def _fingerprint(message: SetAsideMessage) -> bytes:
    told = "\n".join((message.task or "", message.why, message.content))
    return hashlib.sha256(told.encode()).digest()


def _unknown(number: int) -> NeedsPerson:
    return NeedsPerson(
        f"no message {number} is set aside",
        reason=Reason.UNKNOWN_MESSAGE,
        resolution="choose one as connector messages list shows it",
    )
