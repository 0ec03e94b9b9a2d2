"""The words that the ledger's rows and the code around them share."""

from enum import IntEnum, StrEnum


class Lane(IntEnum):
    """Which jobs are sent first, and whose calls a budget serves first: those of the lower lanes."""

    EXPORT = 0  # What Afosto did: looks, exports and stock that are asked for now.
    LIVE = 1  # What buyers do in the shop, and repairs.
    BACKGROUND = 2  # The past of a store, and looks at orders of which nobody said that they changed.

    # redis-py writes an int by its repr.
    __repr__ = int.__repr__


class JobState(StrEnum):
    """The state of a job. It is open while it is waiting, queued or running."""

    WAITING = "waiting"  # Due now or later.
    QUEUED = "queued"  # Sent to the broker, and not claimed yet.
    RUNNING = "running"  # A worker has claimed it.
    DONE = "done"
    PARKED = "parked"  # A person must decide.


class LinkStage(StrEnum):
    """The stage of an order's link: how far the order is carried to Afosto."""

    CREATED = "created"  # A draft without its items.
    FILLED = "filled"  # A draft with its items.
    OPENED = "opened"  # Open in Afosto; the link stays so when the order is closed there.
    EXPIRED = "expired"  # The draft was given up.


class CursorKind(StrEnum):
    """What a cursor reads of a store's orders."""

    LIVE = "live"  # From the moment of connecting on.
    HISTORY = "history"  # From import_since up to that moment.
    SWEEP = "sweep"  # The nightly reading by creation date.


class StoreState(StrEnum):
    """How a store is: the first of these that is true of it."""

    PAUSED = "paused"
    UNHEALTHY = "unhealthy"  # A vendor refuses or does not answer, or its runs fail.
    STOPPED = "stopped"  # The connector stopped a flow.
    STALE = "stale"  # Its news was not read for too long.
    NEW = "new"  # Its news was never read.
    FRESH = "fresh"


class Right(StrEnum):
    """What the token of another system may do. Who may change something may also read it."""

    TASKS = "tasks"  # Send the tasks that it names, and ask what became of them.
    READ = "read"
    WRITE = "write"


class Event(StrEnum):
    """What another system can subscribe to. The database notes them: see the triggers in `ledger/schema.sql`."""

    ORDER_IMPORTED = "order.imported"  # An order is open in Afosto.
    JOB_PARKED = "job.parked"  # A job needs a person.
    STORE_UNHEALTHY = "store.unhealthy"  # A vendor refuses or does not answer, or a run over the store fails.
