"""The import as people write it with Celery alone: a poll that sends a task per new order, and one queue.

    celery -A benchmarks.contenders.polling_celery worker

It sends the same requests per order as the connector, but has none of its guarantees: a lost order stays lost. It reads
the stores and their credentials from the connector's tables, and keeps in Redis which orders it has sent.
"""

import os
from datetime import UTC, datetime, timedelta

import redis
from celery import Celery

from clients.afosto.client import AfostoClient
from clients.epages import EpagesClient
from clients.http import Http
from clients.oauth import fetch_token
from ledger.ledger import Ledger
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet
from ledger.records import Store
from schemas.epages import Token
from schemas.mapping.orders.drafts import order_draft
from schemas.settings import load_settings

PAGE = 200
settings = load_settings(os.environ)
app = Celery("plain", broker=settings.broker_url)
app.conf.update(
    task_ignore_result=True,
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    beat_scheduler="celery.beat:Scheduler",
    beat_schedule={"poll": {"task": "plain.poll", "schedule": settings.poll_interval}},
)
_redis = redis.Redis.from_url(settings.redis_url, decode_responses=True)
_ledger = Ledger(Database(settings.database_url), KeySet(settings.keys))
_tokens: dict[str, Token] = {}


@app.task(name="plain.poll")  # type: ignore[untyped-decorator]
def poll() -> None:
    """Read the changed orders of every store since its last poll, and send a task for each new one."""
    for name in _ledger.stores.names():
        store, now, key = _ledger.stores.get(name), datetime.now(UTC), f"plain:read:{name}"
        since = datetime.fromisoformat(str(_redis.get(key) or store.import_since))
        number, pages = 0, 1
        while number < pages:
            page = _shop(store).orders(created_after=store.import_since, updated_after=since, size=PAGE, page=number)
            for row in page.rows:
                if _redis.sadd(f"plain:sent:{name}", row.id):
                    import_order.delay(name, row.id)
            number, pages = number + 1, page.total_pages
        _redis.set(key, (now - timedelta(seconds=5)).isoformat())


@app.task(name="plain.import", autoretry_for=(Exception,), retry_backoff=True)  # type: ignore[untyped-decorator]
def import_order(name: str, order_id: str) -> None:
    """Read an order of a shop, create it in Afosto, add its items and open it."""
    store = _ledger.stores.get(name)
    order = _shop(store).order(order_id)
    draft = order_draft(order, store=name, channel_id=store.channel_id, locations=_ledger.stores.locations(name))
    afosto = AfostoClient(settings.afosto_url, Http(), store.afosto_key)
    made = afosto.create_order(draft)
    afosto.add_items(made.id, draft.items, draft.currency)
    afosto.open_order(made.id)


def _shop(store: Store) -> EpagesClient:
    def token(fresh: bool) -> Token:
        if fresh or store.name not in _tokens:
            now = datetime.now(UTC)
            _tokens[store.name] = fetch_token(Http(), store.base_url, store.client_id, store.client_secret, now)
        return _tokens[store.name]

    return EpagesClient(store.base_url, Http(), token)
