"""A day of a store, its stock, workers, messages that were set aside, tokens and webhooks, for what pages look like."""

from ledger.inbound.set_aside_messages import SetAsideMessage
from ledger.ledger import Ledger
from schemas.states import Event, Right
from tests.support.console.sample_stores import HOSTILE

MESSAGE = 1


def add_sample_operations(ledger: Ledger, store: str, webhook_of: str | None = None) -> None:
    """Add them; the stores exist already. Texts of others are hostile.

    The webhook is made for `webhook_of`, or for the store: other stores of its tenant need none then.
    """
    add_day(ledger, store)
    add_stock(ledger, store)
    add_workers(ledger)
    ledger.set_aside.keep(
        SetAsideMessage(
            "orders",
            "b7c0",
            "orders.imprt",
            f"there is no task of this name {HOSTILE}",
            812,
            f'{{"store": "{HOSTILE}"}}',
        )
    )
    ledger.tokens.add("warehouse", ["orders.import", "inventory.publish"], [store], [Right.READ])
    ledger.tokens.add("dashboard", [], [], [Right.WRITE])
    ledger.tokens.revoke("dashboard")
    ledger.webhooks.add(webhook_of or store, "a secret of Afosto")
    ledger.subscriptions.add(
        "https://erp.example.com/events", "a secret of ours", [Event.ORDER_IMPORTED, Event.JOB_PARKED]
    )


def add_day(ledger: Ledger, store: str) -> None:
    """Import orders through the last day, and miss two spans of windows; the store is connected for two weeks."""
    execute(ledger, "update stores set connected_at = now() - interval '14 days' where name = %s", store)
    execute(ledger, "update cursors set polled_at = now() - interval '70 s' where store = %s and kind = 'live'", store)
    execute(
        ledger,
        "insert into links (store, kind, order_key, epages_id, afosto_id, written_by, stage, created_at)"
        " select %s, 'order', 'sample-' || n, 'sample-' || n, 'afosto-sample-' || n, 'epages', 'opened',"
        " now() - interval '1 day' * sqrt(n / 420.0) from generate_series(1, 399) as n",
        store,
    )
    execute(
        ledger,
        "insert into missed_windows (store, day, windows) select %s, day, bit_or(windows) from ("
        " select * from windows_between(now() - interval '8 hours', now() - interval '7 hours 20 minutes')"
        " union all select * from windows_between(now() - interval '3 hours', now() - interval '170 min')) as w"
        " group by day on conflict (store, day) do update set windows = excluded.windows",
        store,
    )


def add_stock(ledger: Ledger, store: str) -> None:
    """Add more SKUs than one page holds, one with a hostile name."""
    execute(
        ledger,
        "insert into stock (store, sku, done, published, available, promised, outcome, message, checked_at)"
        " select %s, 'mug-' || lpad(n::text, 3, '0'), 1, n, n + 2, 2, 'published', 'the shop shows ' || n, now()"
        " from generate_series(1, 60) as n on conflict do nothing",
        store,
    )
    execute(
        ledger,
        "insert into stock (store, sku, outcome, message) values (%s, %s, 'not-found', 'the shop lacks it')",
        store,
        HOSTILE,
    )


def add_workers(ledger: Ledger) -> None:
    """Add a living worker, a silent one, and one with a loop that no longer comes round."""
    execute(
        ledger,
        "insert into workers (id, host, queues, slots, seen_at, stuck) values"
        " ('orders-12-ab@host', 'host', '{orders,cancellations}', 8, now() + interval '1 hour', '{}'),"
        " ('exports-13-cd@host', 'host', '{exports}', 16, now() - interval '2 hours', '{}'),"
        " ('poll-14-ef@host', 'host', '{poll}', 4, now() + interval '1 hour', '{leases}')",
    )


def execute(ledger: Ledger, statement: str, *values: object) -> None:
    """Change the database as workers or time would."""
    ledger.database.transaction(lambda session: session.execute(statement.encode(), values))
