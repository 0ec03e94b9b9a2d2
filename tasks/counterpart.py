"""The Afosto order of a run's order, and the loop of actions that ends a cancellation or a return there."""

from collections.abc import Collection, Sequence
from typing import NoReturn

from clients.scopes import cockpit_name, missing_scopes
from ledger.ledger import ORDER_WAIT
from ledger.records import Intent, Link, Sibling
from ledger.status import Status
from schemas import afosto, epages
from schemas.errors import AnswerLost, NeedsPerson, Wait
from schemas.intents import B, IntentKind
from schemas.mapping.shipments import TwoCodes, two_codes
from tasks.run import Run

# A cancellation or return has three steps; more rounds mean that Afosto does not move.
ROUNDS = 6
# Seconds after which a job looks again whether what it waits for has ended; it is woken when that is done or decided.
BLOCKED = 600.0


def opened_order(run: Run) -> Link:
    """Return the link of the opened Afosto order; raises Wait while there is none."""
    link = run.order_link
    if link is None:
        must_be_an_id(run)
    if link is None or link.stage != "opened":
        why = "the order is not open in Afosto yet"
        order = run.context.siblings.get(("import", "orders"))
        if order and order.state == "parked":
            wait_for(order, why)
        raise Wait(why, after=ORDER_WAIT)
    return link


def wait_for(job: Sibling | None, why: str) -> NoReturn:
    """Raise Wait without another run until a job of the order is done, or a person decides about it."""
    if job and job.state == "parked":
        why = f"{why}; that is parked: retry or drop it, and this goes on"
    elif job and job.message:
        why = f"{why}, which waits as well: {job.message}"
    raise Wait(why, after=BLOCKED, blocked=True)


def look_again(what: str) -> NoReturn:
    """An open intent is settled; raises Wait, so that the next run begins with what is written down now."""
    raise Wait(f"{what}; what else there is comes next", after=0)


def must_be_an_id(run: Run) -> bool:
    """Return whether the shop's order was read before; raises NeedsPerson when its number was sent for its id."""
    found = [row["id"] for row in Status(run.runtime.ledger.database).find_orders(run.store.name, run.order_id)]
    if not found or found[0] == run.order_id:
        return bool(found)
    raise NeedsPerson(
        f"{run.store.name} has no order with the id {run.order_id}; the order of this number has the id "
        f"{' or '.join(found)}",
        reason="unknown-order",
        resolution="Send the id instead of the number, and drop this job.",
    )


def settled_first(run: Run) -> None:
    """Raise Wait while the order is held after a restore: its import, then a look, find out what is done already."""
    link = run.order_link
    if not run.context.held or (link and link.stage == "expired"):
        return
    if link is None or link.stage != "opened":
        raise Wait("the order is held since the database was restored", after=ORDER_WAIT)
    look = run.context.siblings.get(("export", "looks"))
    if look and look.state == "parked":
        wait_for(look, "the order is looked at first, as the database was restored")
    run.runtime.ledger.jobs.hint(run.store.name, "export", "looks", run.order_id, lane=0)
    raise Wait("the order is looked at first, as the database was restored", after=run.settings.retry_base)


def look_again_if_taken(run: Run, units: Collection[str], plan: Intent[B] | None = None) -> None:
    """After a refusal: raise Wait when somebody took any of the units meanwhile. The next run plans for others.

    Of a plan that stays open after a refusal nothing was done: it is given up.
    """
    order = read_order(run, opened_order(run))
    free = {u.id for u in order.units if u.progress == "OPEN" and not u.contra_id and not u.parcel_id}
    if not free.issuperset(units):
        if plan:
            run.resolve_intent(plan, "refused")
        look_again("Afosto did something else with these units meanwhile")


def look_at_order(run: Run) -> None:
    """Make the order itself due: what was seen here may change what its draft holds, or whether it is opened.

    What is parked stays so: a person, or news of its own, wakes it.
    """
    order = run.context.siblings.get(("import", "orders"))
    if order and order.state == "parked":
        return
    run.runtime.ledger.jobs.hint(run.store.name, "import", "orders", run.order_id, lane=run.job.lane)


def read_order(run: Run, link: Link) -> afosto.Order:
    """Read the Afosto order fresh; raises NeedsPerson when it is gone."""
    found = run.afosto.order(link.afosto_id)
    if found is None:
        raise NeedsPerson(
            f"the Afosto order {link.afosto_id} of order {run.order_id} is gone",
            reason="order-gone",
            resolution="Find out who deleted it in Afosto; drop the job if that was meant.",
        )
    return found


def canceled_before(shop: epages.Order, order: afosto.Order) -> dict[str, int]:
    """Return per line how many pieces were canceled before the import, and so never became units."""
    return {line.id: line.initial_quantity - order.imported_units.get(line.id, 0) for line in shop.lines}


def counts_by_line(links: Sequence[Link], written_by: str) -> dict[str, int]:
    """Return line → units of the links that one side wrote first."""
    counts: dict[str, int] = {}
    for link in links:
        if link.written_by == written_by and link.line_id:
            counts[link.line_id] = counts.get(link.line_id, 0) + link.quantity
    return counts


def require_scopes(run: Run, flow: str) -> None:
    """Raise NeedsPerson when the shop's token may not do all that a flow needs, instead of trying it."""
    lacking = missing_scopes(flow, run.store.scopes)
    if lacking:
        boxes = " and ".join(f"{scope} ({cockpit_name(scope)})" for scope in lacking)
        raise NeedsPerson(
            f"the shop {run.store.name} has not granted {boxes}, which {flow} needs",
            reason="missing-scope",
            resolution=f"Tick the box in the shop's cockpit, then: connector store switch {run.store.name} {flow} on",
        )


def others_first(run: Run, *kinds: IntentKind) -> None:
    """Raise Wait while the other direction has an open intent of these kinds: it must be settled before we look.

    Not while this job has one itself, else both would wait for each other. Of an import that was dropped the exports
    know what it had announced; of a dropped export only a person knows what to make: raises NeedsPerson.
    """
    if any(intent.job_id == run.job.id for intent in run.context.intents):
        return
    why = "the other direction is not sure yet what it has done to this order"
    for intent in filter(None, map(run.stored_intent, kinds)):
        if intent.owner != "done":
            wait_for(Sibling(intent.owner), why)
        if intent.seconds_left > 0:
            raise Wait(why, after=intent.seconds_left)
        if run.job.direction == "import":
            raise NeedsPerson(
                f"job {intent.job_id} was dropped while nobody knew whether it had changed order {run.order_id} in the "
                "shop; what the shop shows now may be its own work",
                reason="dropped-unsure",
                resolution=f"Find out with: connector jobs retry {intent.job_id}, and then retry this job; or do in "
                "Afosto by hand what is missing there, and drop this job.",
            )


def compare_codes(run: Run, parcel: afosto.Parcel, process: epages.Process) -> None:
    """Note it when both sides have a tracking code of their own for one shipment: its buyer knows only the shop's."""
    codes = two_codes(process, parcel)
    facts = next((link.facts for link in run.linked("parcel") if link.afosto_id == parcel.id), {})
    noted = TwoCodes(facts.get("shop_code"), facts["afosto_code"]) if "afosto_code" in facts else None
    if codes == noted:
        return
    run.links.note_codes(run.store.name, parcel.id, codes)
    if codes:
        run.note(f"parcel {parcel.id} and process {process.id} have {codes}")


def must_wait(intent: Intent[B]) -> None:
    """Raise Wait while an effect that was not seen may still land."""
    if intent.seconds_left > 0:
        raise Wait("an answer was lost; its effect may still land", after=intent.seconds_left)


def drive(run: Run, order: afosto.Order, ids: Collection[str], *, restock: Collection[str]) -> afosto.Order:
    """Do what `order.actions` asks for our ids until they are finished: approve without refund, restock, finish.

    Never approves a refund: the money is the shop's affair. Every step is one of state, so a lost answer is
    settled by reading the order again.
    """
    for _ in range(ROUNDS):
        asked = {action.action: [i for i in action.item_ids if i in ids] for action in order.actions}
        if not any(asked.values()):
            return order
        try:
            order = _step(run, order, asked, restock)
        except (AnswerLost, NeedsPerson):
            again = run.afosto.order(order.id)
            if again is None or again.actions == order.actions:
                raise
            order = again
    raise NeedsPerson(
        f"Afosto keeps asking for the same step on order {run.order_id}",
        reason="actions-stuck",
        resolution="Finish the cancellation or return by hand in Afosto, then retry the job.",
    )


def _step(run: Run, order: afosto.Order, asked: dict[str, list[str]], restock: Collection[str]) -> afosto.Order:
    if ids := asked.get("HANDLE_APPROVAL"):
        with run.progress("approved", len(ids), " without refund") as done:
            return run.afosto.approve_items(order.id, ids, refund=False, done=done)
    waiting = asked.get("HANDLE_RESTOCK", [])
    if ids := [i for i in waiting if i in restock]:
        with run.progress("restocked", len(ids)) as done:
            return run.afosto.restock_items(order.id, ids, done=done)
    ids = [*asked.get("HANDLE_FINISH", []), *waiting]
    with run.progress("finished", len(ids)) as done:
        return run.afosto.finish_items(order.id, ids, done=done)
