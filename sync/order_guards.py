"""What a job of an order checks before it acts: is the order open in Afosto, and must another job come first?"""

from collections.abc import Collection, Sequence

from clients.scopes import require_granted
from jobs.run import Run
from ledger.ledger import ORDER_WAIT
from ledger.records import Intent, Link, Sibling
from ledger.status import Status
from schemas import afosto, epages
from schemas.advice import FIND_OUT_FIRST
from schemas.errors import NeedsPerson, Wait
from schemas.intents import B, IntentKind
from schemas.mapping.progress.shipments import TwoCodes, two_codes
from schemas.reasons import Reason
from schemas.states import JobState, Lane, LinkStage
from schemas.wording.phrases import Phrase, phrase

# Seconds after which a blocked job checks again; it is woken before when the other job is done or a person decides.
BLOCKED = 600.0


def opened_order(run: Run) -> Link:
    """Return the link of the opened Afosto order. Raises Wait while there is none."""
    link = run.order_link
    if link is None:
        require_id(run)
    if link is None or link.stage != LinkStage.OPENED:
        why = phrase("the order is not open in Afosto yet")
        order = run.context.siblings.get(("import", "orders"))
        if order and order.state == JobState.PARKED:
            raise blocked_by(order, why)
        raise Wait(why, after=ORDER_WAIT)
    return link


def blocked_by(job: Sibling | None, why: Phrase) -> Wait:
    """Return the error that ends a run until another job of the order is done, or a person decides about that job."""
    if job and job.state == JobState.PARKED:
        why = phrase("%(why)s; that job is parked: retry or drop it, and this job continues", why=why)
    elif job and job.message:
        why = phrase("%(why)s; that job waits as well: %(cause)s", why=why, cause=job.message)
    return Wait(why, after=BLOCKED, blocked=True)


def require_job(run: Run, flow: str, why: Phrase) -> None:
    """Raise Wait until another flow of the run's direction has done its part, and request a run of it if that may help.

    Nothing is waited for when a person dropped the job of that flow or switched the flow off.
    """
    key = (run.job.direction, flow)
    other = run.context.siblings.get(key)
    if key not in run.context.flows or (other and other.state == "dropped"):
        return
    if other is None or (other.state == JobState.DONE and not _ended_since(run, other)):
        run.request_run(*key, lane=run.job.lane)
    raise blocked_by(other, why)


def _ended_since(run: Run, other: Sibling) -> bool:
    """Whether a job ended after the last run of this one. It has seen everything then; a change starts it again."""
    before = run.context.siblings[run.job.direction, run.job.flow].settled
    return before is not None and other.settled is not None and other.settled > before


def restart_run(what: Phrase) -> Wait:
    """Return the error that starts a new run at once: it reads the links and intents that were written now."""
    return Wait(phrase("%(what)s; the next run does the rest", what=what), after=0)


def require_id(run: Run) -> bool:
    """Raise NeedsPerson when a task named the order by its number; return whether the order was read before."""
    found = [row["id"] for row in Status(run.ledger.database).find_orders(run.store.name, run.order_id)]
    if not found or found[0] == run.order_id:
        return bool(found)
    raise NeedsPerson(
        phrase(
            "%(store)s has no order with the id %(order)s; the order of this number has the id %(ids)s",
            store=run.store.name,
            order=run.order_id,
            ids=" or ".join(found),
        ),
        reason=Reason.UNKNOWN_ORDER,
        resolution=phrase("Send the id instead of the number, and drop this job."),
    )


def require_recovered(run: Run) -> None:
    """Raise Wait while the order needs recovery after a restore: its import and a look find out what was done."""
    link = run.order_link
    if not run.context.needs_recovery or (link and link.stage == LinkStage.EXPIRED):
        return
    if link is None or link.stage != LinkStage.OPENED:
        raise Wait(phrase("the order needs recovery, as the database was restored"), after=ORDER_WAIT)
    look = run.context.siblings.get(("export", "looks"))
    if look and look.state == JobState.PARKED:
        raise blocked_by(look, phrase("the order is looked at first, as the database was restored"))
    run.request_run("export", "looks", lane=Lane.EXPORT)
    raise Wait(phrase("the order is looked at first, as the database was restored"), after=run.settings.retry_base)


def require_free(run: Run, units: Collection[str], plan: Intent[B] | None = None) -> None:
    """After a refusal: raise Wait when Afosto used any of the units for something else. The next run plans for others.

    `plan` is an intent that the refusal left open. Nothing of it was done, so it is given up.
    """
    order = read_order(run, opened_order(run))
    free = {u.id for u in order.units if u.progress == "OPEN" and not u.contra_id and not u.parcel_id}
    if not free.issuperset(units):
        if plan:
            run.resolve_intent(plan, "refused")
        raise restart_run(phrase("Afosto did something else with these units meanwhile"))


def request_order_import(run: Run) -> None:
    """Make the import of the order due: what was seen may change the content of its draft, or whether it is opened.

    A parked import stays parked until a person retries it, or the order itself changes.
    """
    order = run.context.siblings.get(("import", "orders"))
    if order and order.state == JobState.PARKED:
        return
    run.request_run("import", "orders", lane=run.job.lane)


def read_order(run: Run, link: Link) -> afosto.Order:
    """Read the Afosto order from Afosto; raises NeedsPerson when it is gone."""
    found = run.afosto.order(link.afosto_id)
    if found is None:
        raise NeedsPerson(
            phrase(
                "the Afosto order %(afosto_order)s of order %(order)s is gone",
                afosto_order=link.afosto_id,
                order=run.order_id,
            ),
            reason=Reason.ORDER_GONE,
            resolution=phrase("Find out who deleted it in Afosto; drop the job if that was meant."),
        )
    return found


def canceled_before(shop: epages.Order, order: afosto.Order) -> dict[str, int]:
    """Return per line how many pieces were canceled before the import: these never became units."""
    return {line.id: line.initial_quantity - order.imported_units.get(line.id, 0) for line in shop.lines}


def counts_by_line(links: Sequence[Link], written_by: str) -> dict[str, int]:
    """Return line → units of the links for what one side did first."""
    counts: dict[str, int] = {}
    for link in links:
        if link.written_by == written_by and link.line_id:
            counts[link.line_id] = counts.get(link.line_id, 0) + link.quantity
    return counts


def require_scopes(run: Run, flow: str) -> None:
    """Raise NeedsPerson when the shop's token may not do all that a flow needs."""
    require_granted(run.store.name, run.store.scopes, flow, flow)


def require_others_resolved(run: Run, *kinds: IntentKind) -> None:
    """Raise Wait while the other direction has an open intent of these kinds: its call may still change the order.

    A job that has an open intent itself does not wait: otherwise both would wait for each other. When an import was
    dropped, its open intents tell the exports what it may have done. When an export was dropped, only a person can find
    that out: raises NeedsPerson.
    """
    if any(intent.job_id == run.job.id for intent in run.context.intents):
        return
    why = phrase("it is not certain yet what the other direction has done to this order")
    for intent in filter(None, map(run.stored_intent, kinds)):
        if intent.owner != "done":
            raise blocked_by(Sibling(intent.owner), why)
        if intent.seconds_left > 0:
            raise Wait(why, after=intent.seconds_left)
        if run.job.direction == "import":
            raise NeedsPerson(
                phrase(
                    "job %(job)s was dropped while nobody knew whether it had changed order %(order)s in the "
                    "shop; what the shop shows now may be its own work",
                    job=intent.job_id,
                    order=run.order_id,
                ),
                reason=Reason.DROPPED_UNSURE,
                resolution=FIND_OUT_FIRST(job=intent.job_id),
            )


def compare_codes(run: Run, parcel: afosto.Parcel, process: epages.Process) -> None:
    """Note it when the sides have different tracking codes for one shipment: the buyer knows only the shop's."""
    codes = two_codes(process, parcel)
    facts = next((link.facts for link in run.links_at_claim("parcel") if link.afosto_id == parcel.id), {})
    noted = TwoCodes(facts.get("shop_code"), facts["afosto_code"]) if "afosto_code" in facts else None
    if codes == noted:
        return
    run.links.note_codes(run.store.name, parcel.id, codes)
    if codes:
        run.note(
            phrase(
                "parcel %(parcel)s and process %(process)s have different tracking codes: %(shop)s in the shop, "
                "%(afosto)s in Afosto",
                parcel=parcel.id,
                process=process.id,
                shop=codes.shop or phrase("none"),
                afosto=codes.afosto,
            )
        )


def require_certain(intent: Intent[B]) -> None:
    """Raise Wait while the effect of an intent, which was not seen, may still land."""
    if intent.seconds_left > 0:
        raise Wait(phrase("an answer was lost; its effect may still land"), after=intent.seconds_left)
