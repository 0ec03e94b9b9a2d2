"""Check what a shop's app permits: each flow possible or not, and the boxes that are missing in the cockpit."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from clients.http import Http
from clients.oauth import fetch_token
from clients.scopes import READ_ORDERS, missing_scopes
from schemas.flows import SWITCHES
from schemas.settings import Settings


@dataclass(frozen=True, slots=True)
class Permitted:
    """What an app may do: the scopes that it has, and flow → the scopes that the flow still needs (none: possible)."""

    scopes: frozenset[str]
    missing: Mapping[str, tuple[str, ...]]

    @property
    def usable(self) -> bool:
        """Whether the app may read orders, without which nothing works."""
        return READ_ORDERS in self.scopes

    @property
    def boxes(self) -> list[str]:
        """The scopes that some flow needs and the app lacks, each once."""
        return sorted({scope for lacking in self.missing.values() for scope in lacking})


def permitted(scopes: Collection[str]) -> Permitted:
    """Return what an app with these scopes may do."""
    return Permitted(frozenset(scopes), {flow: missing_scopes(flow, scopes) for flow in SWITCHES})


def check_shop(settings: Settings, base_url: str, client_id: str, client_secret: str) -> Permitted:
    """Ask the shop for a token and return what it permits. Raises NeedsPerson or RetryLater like `fetch_token`."""
    http = Http(deadline_seconds=settings.call_deadline)
    return permitted(fetch_token(http, base_url, client_id, client_secret, datetime.now(UTC)).scopes)
