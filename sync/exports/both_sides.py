"""What the exports share: what is known of an order on both sides, and how a lost answer of the shop is resolved."""

from collections.abc import Collection
from typing import TypeVar

from jobs.run import Run
from ledger.records import Intent
from schemas import afosto
from schemas.epages import Process
from schemas.intents import (
    CancelIntent,
    IntentKind,
    ParcelIntent,
    ReturnIntent,
    ShopCancellationIntent,
    ShopParcelIntent,
    ShopReturnIntent,
)
from schemas.mapping.progress.afosto_news import Known
from schemas.states import Lane
from schemas.wording.phrases import phrase
from sync.order_guards import require_certain, require_others_resolved, require_recovered, require_scopes

# The intents to create a process in the shop.
P = TypeVar("P", ShopCancellationIntent, ShopParcelIntent, ShopReturnIntent)


def require_permitted(run: Run, flow: str, *, imports: IntentKind) -> None:
    """Raise NeedsPerson when the token may not do all that a flow needs, Wait while an import has an open intent.

    Also raises Wait while the order needs recovery after a restore.
    """
    require_scopes(run, flow)
    require_recovered(run)
    require_others_resolved(run, imports)


def known(run: Run, order: afosto.Order) -> Known:
    """What is accounted for: by links, and by open intents of the imports, whose calls may have landed."""
    canceled = {link.afosto_id for link in run.links_at_claim("cancellation")}
    returned = {link.afosto_id for link in run.links_at_claim("return")}
    packed = [set(intent.body.units) for intent in run.open_intents(ParcelIntent)]
    parcels = {parcel.id: parcel.status for parcel in order.parcels if set(parcel.unit_ids) in packed}
    for canceling in run.open_intents(CancelIntent):
        canceled |= {pair.contra for pair in canceling.body.pairs}
    for returning in run.open_intents(ReturnIntent):
        returned |= set(returning.body.units)
    return Known(canceled, returned, parcels | {link.afosto_id: link.stage for link in run.links_at_claim("parcel")})


def canceled_only_in_afosto(run: Run, order: afosto.Order) -> list[afosto.Unit]:
    """Return the units that Afosto canceled, or is about to cancel, and that the shop still sells."""
    canceled = known(run, order).canceled
    return [unit for unit in order.units if unit.progress == "CANCELLED" and unit.contra_id not in canceled]


def marker(run: Run) -> str:
    """The comment that we write in the shop: it marks our own processes, and names the job to a person."""
    return f"Afosto (job {run.job.id})"


def publish_again(run: Run) -> None:
    """Publish the stock of the order's SKUs now, not after the next poll: the shop restocks what was just undone."""
    if "inventory" in run.context.exports:
        run.ledger.sold_units.note_shop(run.store, [run.epages.order(run.order_id)])


def import_again(run: Run, flow: str) -> None:
    """Run an import again. Both sides had done the same by themselves, so it has nothing left to carry over."""
    run.request_run("import", flow, lane=Lane.LIVE)


def landed(run: Run, intent: Intent[P], processes: Collection[Process], kind: str) -> Process | None:
    """Find the process that a call made whose answer was lost; `processes` are those of equal content.

    Only ids that are not in the intent's baseline count. If the shop's events show the comment of a process, it must be
    ours. If they do not show it, the process is adopted: a second refund would be worse than one too few. Returns None
    once it is certain that nothing landed; raises Wait before.
    """
    linked = {link.epages_id for link in run.links_at_claim()}
    found = [p for p in processes if p.id not in intent.body.baseline and p.id not in linked]
    if found and kind in ("cancelations", "returns") and "orde:r" in run.store.scopes:
        comments = run.epages.comments(run.order_id, kind)
        found = [p for p in found if marker(run) in comments.get(p.id, marker(run))]
    if found:
        run.note(phrase("adopted the %(kind)s process %(process)s", kind=kind, process=found[0].id))
        return found[0]
    require_certain(intent)
    return None
