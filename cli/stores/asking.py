"""Ask at the terminal for what `connector store add` was not given, with what both vendors list to choose from."""

from collections.abc import Mapping
from datetime import UTC, datetime

import click

from cli.screen import ask_text, at_terminal, choose, say
from schemas.settings import Settings
from sync.connecting.connect_store import read_channels
from sync.connecting.locations import Credentials, read_places


def require_given(given: Mapping[str, object]) -> None:
    """Raise UsageError for an option that is missing where nobody can be asked; `given` is option → value."""
    missing = [option for option, value in given.items() if not value]
    if missing and not at_terminal():
        raise click.UsageError(f"Missing option '{missing[0]}'.")


def ask_client_id() -> str:
    """Ask for the client id."""
    return ask_text("Client id of the app in the shop's cockpit")


def ask_day() -> str:
    """Ask from which day on orders are imported; today if nothing is typed."""
    return ask_text("Import orders from this day on (UTC)", default=f"{datetime.now(UTC):%Y-%m-%d}")


def ask_channel(chosen: Settings, key: str) -> str:
    """Let a person choose a sales channel that the key can see. Raises NeedsPerson or RetryLater as Afosto's client."""
    channels = {channel.id: channel.name for channel in read_channels(chosen, key)}
    return choose("Sales channel that takes the orders", channels) or ""


def ask_locations(chosen: Settings, store: Credentials) -> tuple[dict[str, str], str | None]:
    """Let a person map each location of the shop; return ePages id → Afosto id, and one whose stock is sold without it.

    The latter is asked for only if nothing is mapped and Afosto has several. Raises NeedsPerson or RetryLater.
    """
    places = read_places(chosen, store)
    mapped: dict[str, str] = {}
    for epages_id, name in (places.shop or {}).items():
        alike = next((there for there, theirs in places.afosto.items() if theirs == name), None)
        label = f"Afosto location for orders that are collected at {name} ({epages_id})"
        if found := choose(label, places.afosto, none="none", default=alike):
            mapped[epages_id] = found
    if mapped or len(places.afosto) < 2:
        return mapped, None
    say("Nothing is mapped, so it is open whose stock the shop sells.")
    return mapped, choose("Afosto location whose stock the shop sells", places.afosto, none="none: publish no stock")
