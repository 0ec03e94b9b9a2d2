"""`connector user`: who may sign in to the console."""

from collections.abc import Sequence
from dataclasses import asdict

import click

from cli.common import open_ledger, print_json, print_table
from cli.screen import ask, say
from cli.secret_input import read_secret
from cli.who import who
from ledger.ledger import Ledger
from ledger.people.audit import Outcome
from ledger.people.users import Role, user_name

STDIN = "--password-stdin"
_password_stdin = click.option(STDIN, is_flag=True, help="Read the password from standard input, one line.")


@click.group(short_help="Add, list and remove users of the console.")
def user() -> None:
    """Add, list and remove the users of the console, and give them new passwords."""


@user.command()
@click.argument("name")
@click.option("--role", type=click.Choice([str(role) for role in Role]), required=True, help="What the user may do.")
@click.option("--store", "stores", multiple=True, help="A store of a merchant; can be repeated.")
@click.option("--company-account", is_flag=True, help="No password: the user signs in with the company's account.")
@_password_stdin
def add(name: str, role: str, stores: Sequence[str], company_account: bool, password_stdin: bool) -> None:
    """Add the user NAME. The password is asked for without an echo.

    With --company-account there is no password: NAME is the mail address of the account with which the user signs in.

    A viewer sees all stores, an operator changes them, an admin does everything. A merchant sees and changes only the
    stores given with --store.
    """
    if stores and role != Role.MERCHANT:
        raise click.UsageError("--store goes with --role merchant: the other roles see all stores.")
    if company_account and password_stdin:
        raise click.UsageError(f"{STDIN} and --company-account exclude each other: such a user has no password.")
    password = None if company_account else _read(password_stdin)
    with open_ledger() as ledger:
        added = ledger.users.add(name, Role(role), password, stores)
        _note(ledger, "user.add", added.name, role)
    say(f"{added.name} can sign in to the console as {role}; start it with: connector console")


@user.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def list_users(as_json: bool) -> None:
    """List the users."""
    with open_ledger() as ledger:
        found = ledger.users.all()
    if as_json:
        print_json([asdict(each) for each in found])
        return
    rows = [{**asdict(each), "stores": "all" if each.only is None else ", ".join(each.only)} for each in found]
    columns = {"name": "USER", "role": "ROLE", "stores": "STORES", "seen_at": "LAST SEEN", "created_at": "ADDED AT"}
    print_table(rows, columns, "there is none; add one with: connector user add NAME --role admin")


@user.command()
@click.argument("name")
@_password_stdin
def password(name: str, password_stdin: bool) -> None:
    """Give the user NAME a new password, and end all sessions of the user."""
    with open_ledger() as ledger:
        ledger.users.get(user_name(name))
    given = _read(password_stdin)
    with open_ledger() as ledger:
        ledger.users.set_password(user_name(name), given)
        _note(ledger, "user.password", name)
    say(f"{user_name(name)} has a new password, and is signed out everywhere")


@user.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def remove(name: str, yes: bool) -> None:
    """Remove the user NAME, and end all sessions of the user."""
    with open_ledger() as ledger:
        ledger.users.get(user_name(name))
        if not yes:
            ask(f"Remove {user_name(name)}?")
        ledger.users.remove(user_name(name))
        _note(ledger, "user.remove", name)
    say(f"{user_name(name)} is removed")


def _read(stdin: bool) -> str:
    return read_secret(None, "Password", stdin=stdin, option=STDIN)


def _note(ledger: Ledger, action: str, name: str, detail: str = "") -> None:
    ledger.audit.add(who(), action, user_name(name), "command line", Outcome.DONE, detail)
