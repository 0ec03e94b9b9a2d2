"""Shipping and pickup processes of the shop become parcels in Afosto."""

from collections.abc import Collection, Mapping, Sequence

from clients.afosto.errors import RefusedByAfosto
from ledger.links import NewLink
from ledger.records import Intent
from schemas import afosto
from schemas.epages import Process
from schemas.errors import AnswerLost, NeedsPerson, RetryLater
from schemas.mapping.pairs import matched_parcels
from schemas.mapping.shipments import RANK, ParcelPlan, parcels_to_create, status_for
from schemas.words import counted
from tasks.counterpart import (
    compare_codes,
    look_again,
    look_again_if_taken,
    look_at_order,
    must_wait,
    opened_order,
    others_first,
    read_order,
    require_scopes,
    settled_first,
)
from tasks.run import Run

PENDING = "PENDING"  # a process that has not left yet


def import_shipments(run: Run) -> str:
    """Make one parcel per shipped process and move each parcel as far as its process has come."""
    settled_first(run)
    if run.order_link is not None and run.order_link.stage == "expired":
        return "the order was canceled before it was opened"
    if run.order_link is not None and run.order_link.stage == "filled":
        look_at_order(run)
    others_first(run, "shop-parcel", "shop-pickup")
    link = opened_order(run)
    require_scopes(run, "shipments.import")
    kind = "pickups" if run.epages.order(run.order_id).is_pickup else "shippings"
    processes = [p for p in run.epages.processes(run.order_id, kind) if p.status != PENDING]
    order = read_order(run, link)
    parcels = {parcel.id: parcel for parcel in order.parcels}
    known = {item.epages_id or "": item.afosto_id for item in run.linked("parcel")}
    if intent := run.open_intent("parcel"):
        look_again(_settle(run, intent, order, known.values()))
    known |= _made_on_both_sides(run, processes, known, order)
    for plan in parcels_to_create(processes, known, order):
        parcel = _create(run, plan)
        known[plan.process_id] = parcel.id
        parcels[parcel.id] = parcel
    pairs = [(process, known[process.id]) for process in processes]
    # What Afosto laid out in several parcels is one pickup in the shop: those without a process of their own follow it.
    others = [item.afosto_id for item in run.linked("parcel") if item.epages_id is None]
    pairs += [(process, parcel_id) for process in processes[:1] for parcel_id in others]
    for process, parcel_id in pairs:
        if parcel_id in parcels and process.kind == "shippings":
            compare_codes(run, parcels[parcel_id], process)
    moved = sum(_move(run, process, parcels.get(parcel_id)) for process, parcel_id in pairs)
    codes = {parcel_id: process.tracking_code for process, parcel_id in pairs if process.tracking_code}
    _note_stages(run, {parcel_id: status_for(process) for process, parcel_id in pairs}, codes)
    count = "1 process has its parcel" if len(processes) == 1 else f"{len(processes)} processes have their parcels"
    return f"{count}, {moved} moved"


def _made_on_both_sides(
    run: Run, processes: Sequence[Process], known: Mapping[str, str], order: afosto.Order
) -> dict[str, str]:
    """Link what is the same shipment by content and tracking code, as one code is one box; returns process → parcel."""
    linked = {item.afosto_id for item in run.linked("parcel")}
    here = [process for process in processes if process.tracking_code and process.id not in known]
    there = [parcel for parcel in order.parcels if parcel.tracking_code and parcel.id not in linked]
    pairs = matched_parcels(here, there, order)
    for parcel, process in pairs:
        run.note(f"Afosto had made parcel {parcel.name} of process {process.id} by itself")
    links = [NewLink("parcel", p.id, process.id, quantity=len(p.unit_ids), stage="created") for p, process in pairs]
    run.links.conclude(run.store.name, run.order_id, None, links, "paired")
    return {process.id: parcel.id for parcel, process in pairs}


def _settle(run: Run, intent: Intent, order: afosto.Order, linked: Collection[str]) -> str:
    """A parcel was announced and its answer not seen: adopt the one with just these units, else plan it anew."""
    units = intent.body["units"]
    for parcel in order.parcels:
        if set(parcel.unit_ids) == set(units) and parcel.id not in linked:
            run.note(f"adopted parcel {parcel.name}")
            _conclude(run, intent.id, intent.body["process"], parcel, len(units), "adopted")
            return f"the parcel had been made as {parcel.name}"
    must_wait(intent)
    run.links.conclude(run.store.name, run.order_id, intent.id, [], "did not land")
    return "the parcel was not made and is planned anew"


def _create(run: Run, plan: ParcelPlan) -> afosto.Parcel:
    units = list(plan.unit_ids)
    body = {"process": plan.process_id, "units": units, "code": plan.code, "url": plan.url}
    try:
        with run.announced("parcel", body) as intent:
            parcel = run.afosto.add_track_trace(units, plan.code, plan.url)
    except RefusedByAfosto:
        look_again_if_taken(run, units)
        raise
    run.note(f"put {counted(len(units), 'unit')} into parcel {parcel.name}")
    return _conclude(run, intent.id, plan.process_id, parcel, len(units), "done")


def _conclude(
    run: Run, intent_id: int, process: str, parcel: afosto.Parcel, quantity: int, outcome: str
) -> afosto.Parcel:
    """Link a parcel of so many units, as they were sent: the answer may leave them out."""
    link = NewLink("parcel", afosto_id=parcel.id, epages_id=process, quantity=quantity, stage=parcel.status)
    run.links.conclude(run.store.name, run.order_id, intent_id, [link], outcome)
    return parcel


def _note_stages(run: Run, statuses: Mapping[str, str], codes: Mapping[str, str]) -> None:
    """Both sides have these parcels in these statuses now; what is noted already stays."""
    noted = {link.afosto_id: (link.stage, link.facts.get("tracking_code")) for link in run.linked("parcel")}
    found = {parcel: (status, codes.get(parcel)) for parcel, status in statuses.items()}
    news = {parcel: statuses[parcel] for parcel, said in found.items() if noted.get(parcel) != said}
    run.links.note_parcels(run.store.name, news, codes)


def _move(run: Run, process: Process, parcel: afosto.Parcel | None) -> bool:
    wanted = status_for(process)
    if parcel is None:
        raise NeedsPerson(
            f"the parcel of shipping process {process.id} of order {run.order_id} is gone from Afosto",
            reason="parcel-gone",
            resolution="Find out who removed it in Afosto; drop the job if that was meant.",
        )
    if RANK.get(parcel.status, 0) >= RANK[wanted]:
        return False
    try:
        run.afosto.set_parcel_status(parcel.id, wanted)
    except AnswerLost as error:
        raise RetryLater(f"the answer to setParcelStatus was lost: {error}") from error
    run.note(f"parcel {parcel.name} is {wanted}")
    return True
