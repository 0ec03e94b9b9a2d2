"""Remote control: which of Celery's commands this worker obeys. Flower asks and changes workers by them."""

from celery.worker.control import Panel

# What a worker answers without changing anything; the last two only make it send the events that Flower shows.
_READS = frozenset(
    {
        "active",
        "active_queues",
        "conf",
        "ping",
        "query_task",
        "registered",
        "reserved",
        "revoked",
        "scheduled",
        "stats",
        "enable_events",
        "heartbeat",
    }
)


def obey(remote_control: str) -> None:
    """Forget the commands that this process does not obey; `remote_control` is a value of the setting of that name.

    With "read" a worker says what it does, and nobody can stop it, change its pool, or revoke its tasks.
    """
    if remote_control == "full":
        return
    for name in Panel.data.keys() - _READS:
        del Panel.data[name]
