"""Where a pickup order is collected, and what a person can do if its location is missing or not mapped."""

import shlex
from collections.abc import Collection

from schemas.advice import GIVE_PICKUP_LOCATION, MAP_LOCATION
from schemas.epages import Order
from schemas.errors import NeedsPerson
from schemas.reasons import Reason
from schemas.wording.phrases import phrase

NOT_MAPPED = Reason.LOCATION_NOT_MAPPED
NO_PLACE = Reason.NO_PICKUP_LOCATION


def require_place(order: Order, store: str, mapped: Collection[str]) -> None:
    """Raise NeedsPerson if a pickup order names no location, or one that is not mapped to an Afosto location."""
    place = order.pickup_location_id
    if place is None:
        raise NeedsPerson(
            phrase(
                "order %(order)s of %(store)s is to be collected, and its pickup option names no location",
                order=order.number,
                store=store,
            ),
            reason=NO_PLACE,
            resolution=GIVE_PICKUP_LOCATION(reason=NO_PLACE),
        )
    if place not in mapped:
        raise NeedsPerson(
            phrase(
                "order %(order)s of %(store)s is to be collected at the shop's location %(place)s, which is mapped to "
                "no Afosto location",
                order=order.number,
                store=store,
                place=place,
            ),
            reason=NOT_MAPPED,
            resolution=MAP_LOCATION(store=store, place=shlex.quote(place)),
        )


def place_named_in(message: str) -> str | None:
    """Return the location of the shop that the message of a job parked for `location-not-mapped` names."""
    before, _, after = message.partition(" the shop's location ")
    place, end, _ = after.rpartition(", which is mapped to no")
    return place if before and end else None
