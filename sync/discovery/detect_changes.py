"""One look at an order in Afosto: requests the exports that must carry over what happened there."""

import hashlib
import json

from jobs.run import Run
from ledger.records import JobRequest, Link
from schemas.flows import flow_name
from schemas.mapping.progress.afosto_news import news
from schemas.mapping.stock import undeducted_by_line
from schemas.states import Lane, LinkStage
from schemas.wording.phrases import Phrase, phrase
from sync.exports.both_sides import known
from sync.order_guards import read_order, require_id
from sync.recovery.match_effects import match_effects

EXPORTS = frozenset({"cancellations", "returns", "shipments"})


def look(run: Run) -> Phrase:
    """Read the Afosto order and compare it with the links; return which exports must run, in words.

    The shop is asked only once, after a restore. Its own news comes by the poll, and an export reads the shop's order
    before it acts.
    """
    link = run.order_link
    if link is None and not require_id(run):
        return phrase(
            "no order of %(store)s with the id %(order)s was read yet; orders.import asks the shop for it",
            store=run.store.name,
            order=run.order_id,
        )
    if link is None or link.stage != LinkStage.OPENED:
        return _look_at_draft(run, link)
    order = read_order(run, link)
    if run.context.needs_recovery:
        match_effects(run, order)
    found = news(order, known(run, order), broken="broken" in run.context.exports)
    requests = [_request(run, flow, found[flow]) for flow in sorted(EXPORTS & run.context.exports & found.keys())]
    fresh = run.ledger.jobs.request_jobs(run.store.name, "export", Lane.EXPORT, requests)
    run.ledger.sold_units.note_afosto(run.store.name, run.order_id, undeducted_by_line(order))
    # After a restore, what an event told before is news again.
    news_now = bool(fresh) and not run.context.needs_recovery
    run.ledger.scans.looked(run.store.name, run.order_id, closed=order.status == "CLOSED", news=news_now)
    return (
        phrase(
            "there is news for %(flows)s", flows=", ".join(flow_name("export", request.flow) for request in requests)
        )
        if requests
        else phrase("no news")
    )


def _look_at_draft(run: Run, link: Link | None) -> Phrase:
    """Request the import of a draft that a person opened in Afosto: it is an order now."""
    not_open = phrase("the order is not open in Afosto")
    if link is None or link.stage != LinkStage.FILLED or run.context.needs_recovery or run.context.order_dropped:
        return not_open
    order = run.afosto.order(link.afosto_id)
    run.ledger.scans.looked(run.store.name, run.order_id, closed=True, news=False)
    if order is None or order.status == "CONCEPT":
        return not_open
    run.request_run("import", "orders", lane=run.job.lane)
    return phrase("the draft %(id)s was opened in Afosto; its import notes it", id=order.id)


def _request(run: Run, flow: str, content: list[str]) -> JobRequest:
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    return JobRequest(flow, run.order_id, digest, None)
