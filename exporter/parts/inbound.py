"""What others send: Afosto's webhooks, and messages that no worker can do."""

from collections.abc import Iterator

from prometheus_client.core import Metric

from exporter.families import gauge
from ledger.figures import Figures
from ledger.inbound.set_aside_messages import SetAside

LAST_WEBHOOK = gauge(
    "connector_last_webhook_seconds", "How long ago the last webhook was taken; absent if none is kept."
)
SET_ASIDE = gauge("connector_messages_set_aside", "Kinds of messages that no worker can do.", "queue")


def read(figures: Figures, set_aside: SetAside) -> Iterator[Metric]:
    """Yield the last webhook, and what was set aside."""
    age = figures.last_webhook()
    yield LAST_WEBHOOK.rows([] if age is None else [(age,)])
    yield SET_ASIDE.rows((row["queue"], row["messages"]) for row in set_aside.counts())
