"""The queues: one per flow, consumed by one worker pool each."""

QUEUE_NAMES: tuple[str, ...] = (
    "orders",
    "cancellations",
    "shipments",
    "returns",
    "poll",
    "dispatch",
    "reconcile",
)
