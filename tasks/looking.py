"""One look at an order in Afosto: what happened there by itself makes the exports due that have to carry it over."""

import hashlib
import json

from ledger.records import JobRequest, Link
from schemas.mapping.news import news
from schemas.mapping.stock import undeducted_by_line
from schemas.states import Lane, LinkStage
from tasks.counterpart import must_be_an_id, read_order
from tasks.exporting import known
from tasks.pairing import settle_order
from tasks.run import Run

EXPORTS = frozenset({"cancellations", "returns", "shipments"})


def look(run: Run) -> str:
    """Read the Afosto order and compare it with what is linked; returns which exports have news, in words.

    The shop is not asked, except once after a restore: what happened there comes by the poll, and an export reads it
    before it acts.
    """
    link = run.order_link
    if link is None and not must_be_an_id(run):
        return (
            f"no order of {run.store.name} with the id {run.order_id} was read yet; orders.import asks the shop for it"
        )
    if link is None or link.stage != LinkStage.OPENED:
        return _look_at_draft(run, link)
    order = read_order(run, link)
    if run.context.needs_recovery:
        settle_order(run, order)
    found = news(order, known(run, order), broken="broken" in run.context.exports)
    job_requests = [_request(run, flow, found[flow]) for flow in sorted(EXPORTS & run.context.exports & found.keys())]
    run.runtime.ledger.jobs.request_jobs(run.store.name, "export", Lane.EXPORT, job_requests)
    run.runtime.ledger.sold_units.note_afosto(run.store.name, run.order_id, undeducted_by_line(order))
    run.runtime.ledger.walks.looked(run.store.name, run.order_id, closed=order.status == "CLOSED")
    return f"news for {', '.join(request.flow for request in job_requests)}" if job_requests else "no news"


def _look_at_draft(run: Run, link: Link | None) -> str:
    """A draft that a person opened in Afosto is an order: its import finds it so, whatever it waited for."""
    waits = "the order is not open in Afosto"
    if link is None or link.stage != LinkStage.FILLED or run.context.needs_recovery or run.context.order_dropped:
        return waits
    order = run.afosto.order(link.afosto_id)
    run.runtime.ledger.walks.looked(run.store.name, run.order_id, closed=True)
    if order is None or order.status == "CONCEPT":
        return waits
    run.runtime.ledger.jobs.request_run(run.store.name, "import", "orders", run.order_id, lane=run.job.lane)
    return f"the draft {order.id} was opened in Afosto; its import notes it"


def _request(run: Run, flow: str, content: list[str]) -> JobRequest:
    digest = hashlib.sha256(json.dumps(content).encode()).hexdigest()
    return JobRequest(flow, run.order_id, digest, None)
