"""All tenants of one simulated Afosto, each with its faults and request counts."""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from simulators.afosto.activity.trader import Trader
from simulators.afosto.hosting.faults import TenantFaults
from simulators.afosto.tenant.errors import invalid, not_found, unauthorized
from simulators.afosto.tenant.tenant import Tenant
from simulators.trading import Trading

_TRADE = frozenset(["rate", "pace", "seed", "share"])


class Account:
    """A tenant with its faults, trading and counts: `requests` by root field, `errors` by code ("" for none)."""

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.faults = TenantFaults()
        self.requests: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.trading = Trading()

    def trade(self, settings: Mapping[str, Any]) -> None:
        """Let Afosto trade by itself, for `seconds` or until stopped; the other settings are those of `Trader`."""
        options = dict(settings)
        seconds = options.pop("seconds", None)
        if options.keys() - _TRADE:
            raise ValueError(f"no such setting: {', '.join(sorted(options.keys() - _TRADE))}")
        trader = Trader(self.tenant, now=self.tenant.now(), **options)

        def advance() -> None:
            self.tenant.inventory.tick()
            trader.advance(self.tenant.now())

        self.trading.start(advance, seconds)

    def stats(self) -> dict[str, Any]:
        """Requests by root field, errors by code, transport outcomes, faults fired, answers spoiled, trade."""
        outcomes = self.faults.transport.stats()
        return {
            "requests": dict(self.requests),
            "errors": dict(self.errors),
            "total": outcomes["total"],
            "outcomes": {f"{row['method']} {row['status']}": row["count"] for row in outcomes["requests"]},
            "faults": self.faults.fired(),
            "spoiled": outcomes["spoiled"],
            "trading": self.trading.active,
        }


class Tenants:
    """The accounts by name and by key."""

    def __init__(self) -> None:
        self._by_name: dict[str, Account] = {}
        self._by_key: dict[str, Account] = {}

    def add(self, setup: Mapping[str, Any]) -> Account:
        """Add an account from a setup document. Raises VALIDATION_ERROR if name or key is taken, or ValueError."""
        for field, taken in (("name", self._by_name), ("key", self._by_key)):
            if setup[field] in taken:
                raise invalid(field, f"a tenant with this {field} exists")
        faults = TenantFaults()
        faults.configure(setup.get("faults") or {})
        account = Account(Tenant(setup))
        account.faults = faults
        self._by_name[account.tenant.name] = self._by_key[account.tenant.key] = account
        return account

    def add_key(self, name: str, key: str) -> None:
        """Add a key to a tenant. Raises NOT_FOUND, or VALIDATION_ERROR if the key is taken."""
        if key in self._by_key:
            raise invalid("key", "a tenant with this key exists")
        self._by_key[key] = self.named(name)

    def remove(self, name: str) -> None:
        """Delete an account and stop its webhooks. Raises NOT_FOUND."""
        account = self.named(name)
        account.trading.stop()
        account.tenant.outbox.stop()
        del self._by_name[name]
        self._by_key = {key: other for key, other in self._by_key.items() if other is not account}

    def named(self, name: str) -> Account:
        """The account by name; raises NOT_FOUND."""
        if name not in self._by_name:
            raise not_found("Tenant", name)
        return self._by_name[name]

    def names(self) -> list[str]:
        """All names, sorted."""
        return sorted(self._by_name)

    def authorized(self, authorization: str) -> Account:
        """The account of an Authorization header; raises UNAUTHORIZED for an unknown or revoked key."""
        account = self.holder(authorization)
        if account is None or account.tenant.switches.revoked:
            raise unauthorized()
        return account

    def holder(self, authorization: str) -> Account | None:
        """The account whose key is in an Authorization header."""
        scheme, _, key = authorization.partition(" ")
        return self._by_key.get(key) if scheme == "Bearer" else None

    def close(self) -> None:
        """Stop the trading and the webhooks of all tenants."""
        for account in self._by_name.values():
            account.trading.stop()
            account.tenant.outbox.stop()
