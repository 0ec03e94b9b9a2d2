"""Rows that a test writes into the ledger without asking a vendor."""

from datetime import UTC, datetime, timedelta
from typing import Any


def store_values(name: str, tenant: str = "tenant-1") -> dict[str, Any]:
    """Return the columns of a store of an Afosto tenant."""
    return {
        "name": name,
        "base_url": f"https://{name}.example/api",
        "client_id": "client",
        "client_secret": "secret",
        "afosto_key": "key",
        "afosto_bucket": tenant,
        "channel_id": "channel",
        "import_since": datetime.now(UTC) - timedelta(days=1),
        "totals": "tolerate",
        "open_unpaid": False,
        "open_partly_paid": False,
        "notify_buyers": True,
        "mark_orders": False,
        "scopes": ["ordr:r"],
    }
