"""`connector store add`: checks the credentials at both vendors before it stores anything."""

import os
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import click

from cli.common import FLOWS, TOTALS, open_ledger, settings
from cli.screen import say
from cli.secret_input import read_secret
from cli.stores.asking import ask_channel, ask_client_id, ask_day, ask_locations, require_given
from cli.stores.shop_address import require_public_address
from clients.scopes import cockpit_name, missing_scopes
from schemas.settings import load_setting
from sync.connecting.connect_store import Choices, Connection, NewStore, connect_store
from sync.connecting.locations import READ_LOCATIONS, missing_box
from sync.connecting.shop_names import store_name

STOCK = "inventory.publish"
_NO_PLACE = "off: it is not chosen which Afosto location's stock it sells"


def _name(ctx: click.Context, parameter: click.Parameter, value: str) -> str:
    name = store_name(value, load_setting(os.environ, "epages_url"))
    if name is None:
        raise click.BadParameter(
            "use up to 63 letters, digits, dots, hyphens and underscores, or paste the address of the shop's cockpit."
        )
    return name


def _flows(ctx: click.Context, parameter: click.Parameter, value: str) -> tuple[str, ...]:
    chosen = tuple(dict.fromkeys(flow.strip() for flow in value.split(",")))
    unknown = [flow for flow in chosen if flow not in FLOWS]
    if unknown:
        raise click.BadParameter(f"{unknown[0]!r} is no flow; choose from {', '.join(FLOWS)}.")
    return chosen


def _since(ctx: click.Context | None, parameter: click.Parameter | None, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        moment = datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise click.BadParameter(f"{value!r} is not a day; write it like 2026-11-28.") from None
    if moment > datetime.now(UTC):
        raise click.BadParameter("lies in the future.")
    return moment


def _url(ctx: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not re.fullmatch(r"https?://[^/@\s]+(/\S*)?", value):
        raise click.BadParameter("must begin with https:// (or http://) and hold no password.")
    try:
        urlsplit(value or "").port  # noqa: B018 - it raises
    except ValueError as error:
        raise click.BadParameter(f"is no address: {error}.") from error
    return value.rstrip("/") if value else None


def _locations(ctx: click.Context, parameter: click.Parameter, value: Sequence[str]) -> dict[str, str]:
    pairs = [text.partition("=") for text in value]
    if not all(epages_id and afosto_id for epages_id, _, afosto_id in pairs):
        raise click.BadParameter("write EPAGES_ID=AFOSTO_ID.")
    return {epages_id: afosto_id for epages_id, _, afosto_id in pairs}


@click.command()
@click.argument("name", callback=_name)
@click.option("--client-id", help="Client id of the app in the shop's cockpit. Omit to be prompted.")
@click.option("--client-secret", envvar="CONNECTOR_CLIENT_SECRET", show_envvar=True, help="Omit to be prompted.")
@click.option("--client-secret-stdin", is_flag=True, help="Read the client secret from standard input, one line.")
@click.option(
    "--afosto-key", envvar="CONNECTOR_AFOSTO_KEY", show_envvar=True, help="Afosto API key. Omit to be prompted."
)
@click.option("--afosto-key-stdin", is_flag=True, help="Read the key from standard input, after the secret if both.")
@click.option("--channel", help="Id of the Afosto sales channel that takes the orders. Omit to choose from a list.")
@click.option(
    "--since",
    metavar="YYYY-MM-DD",
    callback=_since,
    help="Import orders from this day on (UTC). Omit to be prompted.",
)
@click.option(
    "--totals", type=click.Choice(TOTALS), default="tolerate", show_default=True, help="What to do when totals differ."
)
@click.option("--open-unpaid", is_flag=True, help="Open orders before they are paid (invoice, cash on delivery).")
@click.option("--open-partly-paid", is_flag=True, help="Open orders of which only a part is paid.")
@click.option(
    "--no-mails", is_flag=True, help="The shop sends no mail when Afosto ships an order or has it ready for pickup."
)
@click.option("--mark-orders", is_flag=True, help="Name the Afosto order in the shop's note of each imported order.")
@click.option("--yes-stock", is_flag=True, help="Publish stock at once, without previewing and confirming it first.")
@click.option("--flows", default=",".join(FLOWS), show_default=True, callback=_flows, help="Flows to switch on.")
@click.option(
    "--base-url", callback=_url, help="Address of the shop's API, if it is not CONNECTOR_EPAGES_URL with NAME."
)
@click.option("--trust-base-url", is_flag=True, help="Allow a --base-url with plain http or in a private network.")
@click.option(
    "--location",
    "locations",
    multiple=True,
    metavar="EPAGES_ID=AFOSTO_ID",
    callback=_locations,
    help="Afosto location for orders that customers pick up; can be repeated.",
)
def add(name: str, **given: Any) -> None:
    """Connect the ePages shop NAME to an Afosto channel.

    NAME is the store name, or the pasted address of the shop's cockpit. In a terminal the command asks for what is
    missing: channel and locations are chosen from lists.

    The credentials are tried at both vendors first; nothing is stored unless they work. Prints which flows the
    shop's app permits and, for each that it does not, the box to tick in the cockpit (by its German name).
    """
    require_given({"--client-id": given["client_id"], "--channel": given["channel"], "--since": given["since"]})
    chosen = settings()
    if given["base_url"] and not given["trust_base_url"]:
        require_public_address(given["base_url"])
    base_url = given["base_url"] or chosen.epages_url.replace("{store}", name)
    with open_ledger(chosen) as ledger:
        ledger.stores.require_new(name, base_url)
    given["client_id"] = given["client_id"] or ask_client_id()
    shop, afosto = given["client_secret_stdin"], given["afosto_key_stdin"]
    secret = read_secret(given["client_secret"], "Client secret", stdin=shop, option="--client-secret-stdin")
    key = read_secret(given["afosto_key"], "Afosto API key", stdin=afosto, option="--afosto-key-stdin")
    asked = given["channel"] is None
    given["channel"] = given["channel"] or ask_channel(chosen, key)
    given["since"] = given["since"] or _since(None, None, ask_day())
    new = NewStore(
        name=name,
        base_url=base_url,
        client_id=given["client_id"],
        client_secret=secret,
        afosto_key=key,
        channel_id=given["channel"],
        import_since=given["since"],
        totals=given["totals"],
        open_unpaid=given["open_unpaid"],
        open_partly_paid=given["open_partly_paid"],
        notify_buyers=not given["no_mails"],
        mark_orders=given["mark_orders"],
        publish_stock=given["yes_stock"],
    )
    given["sells_from"] = None
    if asked and not given["locations"]:
        given["locations"], given["sells_from"] = ask_locations(chosen, new)
    sells_from = [given["sells_from"]] if given["sells_from"] else []
    choices = Choices(given["flows"], given["locations"], sells_from)
    with open_ledger(chosen) as ledger:
        connection = connect_store(ledger, chosen, new, choices)
    if given["locations"] and READ_LOCATIONS not in connection.scopes:
        say(f"{', '.join(given['locations'])} was not checked: {missing_box()}")
    _print_connection(name, given, connection)
    say(f"{name} is connected; orders since {given['since']:%Y-%m-%d} follow. See: connector status")


def _print_connection(name: str, given: Mapping[str, Any], connection: Connection) -> None:
    """Print which flows of the store are on, and what a person may still have to do."""
    say(f"Both vendors take the credentials. Flows of {name}:")
    places = connection.locations
    reason = _why_no_stock(yes_stock=given["yes_stock"], placed=bool(places or connection.only or given["sells_from"]))
    _print_flows(name, given["flows"], connection.missing, {STOCK: reason} if reason else {})
    if given["mark_orders"]:
        _print_flows(name, ["mark_orders"], {"mark_orders": missing_scopes("mark_orders", connection.scopes)}, {})
    if "broken.export" in given["flows"] and not connection.missing["broken.export"]:
        say("  broken.export: the shop starts a refund by itself for each return that Afosto rejected")
    for epages_id, afosto_id in places.items():
        say(f"  orders to be collected at {epages_id} go to the Afosto location {afosto_id}")
    if not places:
        _print_mapping(name, connection, given["sells_from"])
    for other in connection.alike:
        say(f"  the key sees the channel of {other}, which has another key; if both keys are of one merchant, say so,")
        say(f"  or the same pieces are sold twice: connector store tenant {name} --same-as {other}")
    if STOCK in given["flows"] and not (given["yes_stock"] or connection.missing[STOCK]):
        _print_preview(name)


def _why_no_stock(*, yes_stock: bool, placed: bool) -> str | None:
    """Say why no stock is published yet; None when it is."""
    if not placed:
        return _NO_PLACE
    return None if yes_stock else "permitted, but not published until you confirm what the stock becomes"


def _print_mapping(name: str, connection: Connection, sells_from: str | None) -> None:
    """Say what follows when no location of the shop is mapped: for orders that customers pick up, and for its stock."""
    if sells_from:
        say(f"  the stock is that of {sells_from} in Afosto")
    elif connection.only:
        say(f"  the stock is that of {connection.only.name} ({connection.only.id}), the only location in Afosto")
    else:
        say(f"  no stock is published; to choose whose it sells: connector locations sell-from {name} AFOSTO_ID")
    say("  orders to be collected are parked until their location is mapped")
    if READ_LOCATIONS not in connection.scopes:
        say(f"  {missing_box()}")
    say(f"  see the locations: connector locations list {name}")
    say(f"  then map each: connector locations map {name} EPAGES_ID AFOSTO_ID")


def _print_preview(name: str) -> None:
    """Say how to preview and confirm the stock; none is written before."""
    say(f"  see what publishing would change of the stock: connector stock preview {name}")
    say(f"  if that is right, let it begin: connector stock confirm {name}")


def _print_flows(
    name: str, flows: Sequence[str], missing: Mapping[str, Sequence[str]], unready: Mapping[str, str]
) -> None:
    for flow in flows:
        boxes = " and ".join(f"{scope} (in the cockpit: {cockpit_name(scope)})" for scope in missing[flow])
        say(f"  {flow:20} {f'off: the app lacks {boxes}' if boxes else unready.get(flow, 'permitted')}")
        if boxes:
            say(f"  {'':20} tick it in the cockpit, then: connector store switch {name} {flow} on")
