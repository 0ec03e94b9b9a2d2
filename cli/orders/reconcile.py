"""`connector reconcile`: compare both sides of a store, and repair what is safe to repair."""

from collections.abc import Sequence
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from cli.common import print_json, print_table
from cli.runtime import open_runtime
from cli.screen import say
from jobs.runtime import Runtime
from reconcile.differences import STOCK, Finding, repair
from reconcile.store import Reconciliation
from reconcile.store import reconcile as compare
from schemas.flows import flow_name
from schemas.wording.display import visible
from schemas.wording.lists import counted

_COLUMNS = {
    "order": "ORDER",
    "kind": "WHAT",
    "sku": "SKU",
    "shop": "IN THE SHOP",
    "afosto": "IN AFOSTO",
    "state": "STATE",
}


@click.command(short_help="Compare STORE on both sides.")
@click.argument("store")
@click.option("--repair", "mend", is_flag=True, help="Run the jobs again that make both sides equal.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON for a script.")
@click.pass_context
def reconcile(context: click.Context, store: str, mend: bool, as_json: bool) -> None:
    """Compare all orders and stock of STORE on both sides and list what differs, with its likely cause.

    Without --repair nothing is changed. With it, jobs are made due again; nothing is ever deleted. Exit code 1
    when something differs that is not already on its way.
    """
    with open_runtime() as runtime:
        found = _compare(runtime, store)
        asked = repair(runtime.ledger, store, found.findings) if mend else None
    if as_json:
        print_json(_document(found, asked))
    else:
        _print(found, asked)
    if found.drift:
        context.exit(1)


def _compare(runtime: Runtime, store: str) -> Reconciliation:
    """Compare; show a progress bar if the output is a terminal."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TextColumn("{task.fields[said]}", markup=False),
    )
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(visible(f"Comparing {store}"), total=1.0, said="")

        def progress(orders: int, share: float) -> None:
            bar.update(task, completed=share, said=counted(orders, "order"))

        def tell(why: str, seconds: float) -> None:
            bar.update(task, said=visible(f"waits {seconds:.0f} s: {why}"))

        return compare(runtime, store, tell, progress)


def _print(found: Reconciliation, asked: str | None) -> None:
    rows = [_row(finding) for finding in found.findings]
    if rows:
        print_table(rows, _COLUMNS, "")
        say()
    for (subject, cause, advice), kinds in _by_cause(found.findings).items():
        say(f"{subject}, {', '.join(kinds)}: {cause}.")
        say(f"  {advice}.")
    for number, codes in found.notes:
        say(f"{number} has {codes}.")
        say(f"  {codes.advice}.")
    for left_out in found.left_out:
        say(f"Left out: {left_out}.")
    if found.waiting_for_payment:
        say(f"Drafts that wait for their payment: {found.waiting_for_payment}.")
    on_its_way = len(found.findings) - len(found.drift)
    compared = f"{counted(found.orders, 'order')} and {counted(found.skus, 'SKU')} compared"
    say(f"{compared}: {counted(len(found.drift), 'difference')}, {on_its_way} more on their way.")
    if asked is not None:
        say(f"Asked for: {asked} will run again. Compare once more when they have.")


def _by_cause(findings: Sequence[Finding]) -> dict[tuple[str, str, str], list[str]]:
    """Group the kinds of difference by subject (order or SKU), cause and next step."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for finding in findings:
        kinds = found.setdefault((finding.subject, finding.diagnosis.cause, _next(finding)), [])
        if finding.difference.kind not in kinds:
            kinds.append(finding.difference.kind)
    return found


def _next(finding: Finding) -> str:
    match finding.state:
        case "on its way":
            return "Nothing to do"
        case "repairable":
            return f"--repair runs again: {', '.join(_name(job) for job in finding.diagnosis.repair)}"
    return f"What to do: {finding.diagnosis.advice.rstrip('.')}"


def _name(job: tuple[str, str]) -> str:
    return "inventory.publish" if job == ("export", STOCK) else flow_name(*job)


def _row(finding: Finding) -> dict[str, Any]:
    difference = finding.difference
    order = "-" if difference.kind == "stock" else finding.subject
    figures = {"kind": difference.kind, "sku": difference.sku, "shop": difference.shop, "afosto": difference.afosto}
    return {"order": order, **figures, "state": finding.state}


def _document(found: Reconciliation, asked: str | None) -> dict[str, Any]:
    differences = [
        {
            **_row(finding),
            "cause": finding.diagnosis.cause,
            "advice": finding.diagnosis.advice,
            "repair": [_name(job) for job in finding.diagnosis.repair],
        }
        for finding in found.findings
    ]
    notes = [{"order": order, "shop_code": codes.shop, "afosto_code": codes.afosto} for order, codes in found.notes]
    counts = {"orders": found.orders, "waiting_for_payment": found.waiting_for_payment, "skus": found.skus}
    return {"differences": differences, **counts, "left_out": list(found.left_out), "notes": notes, "repair": asked}
