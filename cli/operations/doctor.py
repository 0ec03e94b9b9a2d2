"""`connector doctor`: is everything in place, and if not, what is missing."""

import os
from dataclasses import asdict

import click

from cli.common import print_json, settings
from cli.screen import say
from schemas.settings import misspelled
from tasks.checks.all_checks import all_checks


@click.command(short_help="Check that everything is in place.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
def doctor(as_json: bool) -> None:
    """Check settings, servers, workers, dispatch, stores and parked jobs; exit code 1 when something is wrong."""
    chosen = settings()
    checks = all_checks(chosen)
    if as_json:
        found = {
            "settings": chosen.redacted(),
            "warnings": list(misspelled(os.environ)),
            "checks": [asdict(check) for check in checks],
        }
        print_json(found)
    else:
        in_force = {name: value for name, value in chosen.redacted().items() if value}
        for name, value in in_force.items():
            say(f"  {name:34} {value}")
        for check in checks:
            say(f"{'ok   ' if check.ok else 'WRONG'}  {check.name}: {check.text}")
    if not all(check.ok for check in checks):
        raise SystemExit(1)
