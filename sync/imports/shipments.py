"""Makes parcels in Afosto for shipping and pickup processes of the shop."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from clients.afosto.errors import RefusedByAfosto
from jobs.run import Run
from ledger.orders.links import NewLink
from ledger.records import Intent
from schemas import afosto
from schemas.epages import Process
from schemas.errors import AnswerLost, NeedsPerson, RetryLater
from schemas.intents import IntentKind, ParcelIntent
from schemas.mapping.progress.line_counts import is_unpacked
from schemas.mapping.progress.same_effects import matched_parcels
from schemas.mapping.progress.shipments import (
    RANK,
    ParcelPlan,
    fits_until_canceled,
    parcels_to_create,
    process_lines,
    status_for,
)
from schemas.reasons import Reason
from schemas.states import LinkStage
from schemas.wording.lists import counted
from schemas.wording.phrases import Phrase, phrase
from sync.order_guards import (
    canceled_before,
    compare_codes,
    opened_order,
    read_order,
    request_order_import,
    require_certain,
    require_free,
    require_job,
    require_others_resolved,
    require_recovered,
    require_scopes,
    restart_run,
)

PENDING = "PENDING"  # the status of a process that was not shipped yet


def import_shipments(run: Run) -> Phrase:
    """Make one parcel per shipped process, and move each parcel as far as its process is."""
    require_recovered(run)
    if run.order_link is not None and run.order_link.stage == LinkStage.EXPIRED:
        return phrase("the order was canceled before it was opened")
    if run.order_link is not None and run.order_link.stage == LinkStage.FILLED:
        request_order_import(run)
    require_others_resolved(run, IntentKind.SHOP_PARCEL, IntentKind.SHOP_PICKUP)
    link = opened_order(run)
    require_scopes(run, "shipments.import")
    kind = "pickups" if run.read_shop_order().is_pickup else "shippings"
    processes = [p for p in run.epages.processes(run.order_id, kind) if p.status != PENDING]
    order = read_order(run, link)
    parcels = {parcel.id: parcel for parcel in order.parcels}
    known = {item.epages_id or "": item.afosto_id for item in run.links_at_claim("parcel")}
    if intent := run.open_intent(ParcelIntent):
        raise restart_run(_resolve(run, intent, order, known.values()))
    known |= _made_on_both_sides(run, processes, known, order)
    _require_cancellations(run, order, [process for process in processes if process.id not in known])
    for plan in parcels_to_create(processes, known, order):
        parcel = _create(run, plan)
        known[plan.process_id] = parcel.id
        parcels[parcel.id] = parcel
    pairs = [(process, known[process.id]) for process in processes]
    # Several parcels of Afosto are one pickup in the shop: those without a process of their own follow that one.
    others = [item.afosto_id for item in run.links_at_claim("parcel") if item.epages_id is None]
    pairs += [(process, parcel_id) for process in processes[:1] for parcel_id in others]
    for process, parcel_id in pairs:
        if parcel_id in parcels and process.kind == "shippings":
            compare_codes(run, parcels[parcel_id], process)
    moved = sum(_move(run, process, parcels.get(parcel_id)) for process, parcel_id in pairs)
    codes = {parcel_id: process.tracking_code for process, parcel_id in pairs if process.tracking_code}
    _note_stages(run, {parcel_id: status_for(process) for process, parcel_id in pairs}, codes)
    if len(processes) == 1:
        return phrase("1 process has its parcel, %(moved)s moved", moved=moved)
    return phrase("%(count)s processes have their parcels, %(moved)s moved", count=len(processes), moved=moved)


def _made_on_both_sides(
    run: Run, processes: Sequence[Process], known: Mapping[str, str], order: afosto.Order
) -> dict[str, str]:
    """Link parcels and processes of equal content and tracking code: one code is one box. Returns process → parcel."""
    linked = {item.afosto_id for item in run.links_at_claim("parcel")}
    here = [process for process in processes if process.tracking_code and process.id not in known]
    there = [parcel for parcel in order.parcels if parcel.tracking_code and parcel.id not in linked]
    pairs = matched_parcels(here, there, order)
    for parcel, process in pairs:
        run.note(
            phrase(
                "Afosto had made parcel %(parcel)s of process %(process)s by itself",
                parcel=parcel.name,
                process=process.id,
            )
        )
    links = [NewLink("parcel", p.id, process.id, quantity=len(p.unit_ids), stage="created") for p, process in pairs]
    run.bind(links)
    return {process.id: parcel.id for parcel, process in pairs}


def _require_cancellations(run: Run, order: afosto.Order, unlinked: Sequence[Process]) -> None:
    """Raise Wait while only a cancellation shows whether a process and a parcel of Afosto are one shipment.

    They are one when Afosto has no units left for another (docs/decisions/0003); what the shop canceled is not left.
    The shop is asked for that: a kept order may be older than the processes and than a cancellation between them.
    """
    linked = {item.afosto_id for item in run.links_at_claim("parcel")}
    lines_of_units = {unit.id: unit.line_ref for unit in order.units}
    # A unit that somebody added in Afosto has no line: its parcel is no shipment of the shop.
    parcels = [Counter(map(lines_of_units.get, each.unit_ids)) for each in order.parcels if each.id not in linked]
    alike = [lines for lines in map(process_lines, unlinked) if lines in parcels]
    if not alike:
        return
    shop = run.epages.order(run.order_id)
    canceled = Counter({line.id: line.canceled for line in shop.lines})
    canceled.subtract(canceled_before(shop, order))
    canceled.subtract(item.line_id for item in run.links_at_claim("cancellation") if item.line_id)
    unpacked = Counter(unit.line_ref or "" for unit in order.units if is_unpacked(unit))
    for lines in alike:
        if fits_until_canceled(lines, unpacked, canceled):
            require_job(run, "cancellations", phrase("what is canceled in the shop must be canceled in Afosto first"))


def _resolve(run: Run, intent: Intent[ParcelIntent], order: afosto.Order, linked: Collection[str]) -> Phrase:
    """The answer to the call was lost: adopt the parcel with exactly these units, otherwise plan it again."""
    for parcel in order.parcels:
        if set(parcel.unit_ids) == set(intent.body.units) and parcel.id not in linked:
            run.note(phrase("adopted parcel %(parcel)s", parcel=parcel.name))
            _link(run, intent, parcel, "adopted")
            return phrase("the parcel had been made as %(parcel)s", parcel=parcel.name)
    require_certain(intent)
    run.resolve_intent(intent, "did not land")
    return phrase("the parcel was not made and is planned again")


def _create(run: Run, plan: ParcelPlan) -> afosto.Parcel:
    units = list(plan.unit_ids)
    try:
        with run.recorded(ParcelIntent(plan.process_id, plan.unit_ids, plan.code, plan.url)) as intent:
            parcel = run.afosto.add_track_trace(units, plan.code, plan.url)
    except RefusedByAfosto:
        require_free(run, units)
        raise
    run.note(phrase("put %(units)s into parcel %(parcel)s", units=counted(len(units), "unit"), parcel=parcel.name))
    return _link(run, intent, parcel, "done")


def _link(run: Run, intent: Intent[ParcelIntent], parcel: afosto.Parcel, outcome: str) -> afosto.Parcel:
    """Link a parcel to its process. Its units are counted as they were sent: the answer may leave them out."""
    sent = intent.body
    link = NewLink("parcel", parcel.id, sent.process, quantity=len(sent.units), stage=parcel.status)
    run.resolve_intent(intent, outcome, [link])
    return parcel


def _note_stages(run: Run, statuses: Mapping[str, str], codes: Mapping[str, str]) -> None:
    """Note the present statuses of both sides, if they are not noted already."""
    noted = {link.afosto_id: (link.stage, link.facts.get("tracking_code")) for link in run.links_at_claim("parcel")}
    found = {parcel: (status, codes.get(parcel)) for parcel, status in statuses.items()}
    changed = {parcel: statuses[parcel] for parcel, state in found.items() if noted.get(parcel) != state}
    run.links.note_parcels(run.store.name, changed, codes)


def _move(run: Run, process: Process, parcel: afosto.Parcel | None) -> bool:
    wanted = status_for(process)
    if parcel is None:
        raise NeedsPerson(
            phrase(
                "the parcel of shipping process %(process)s of order %(order)s is gone from Afosto",
                process=process.id,
                order=run.order_id,
            ),
            reason=Reason.PARCEL_GONE,
            resolution=phrase("Find out who removed it in Afosto; drop the job if that was meant."),
        )
    if RANK.get(parcel.status, 0) >= RANK[wanted]:
        return False
    try:
        run.afosto.set_parcel_status(parcel.id, wanted)
    except AnswerLost as error:
        raise RetryLater(phrase("the answer to setParcelStatus was lost: %(error)s", error=error)) from error
    run.note(phrase("moved the parcel %(parcel)s to %(status)s", parcel=parcel.name, status=wanted))
    return True
