"""What a person can do about a shop's refusals, by error id as the vendor's OpenAPI file lists them."""

from clients.status_errors import Answer, refusal
from schemas.errors import ConnectorError, NeedsPerson
from schemas.mapping.orders.payments import part_advice
from schemas.wording.phrases import phrase

_LOOK_AT_LINES = phrase(
    "Compare the order's lines in the shop and in Afosto, correct the side that is wrong, retry the job."
)
ADVICE = {
    "cancel-process-partial-refund-not-allowed": part_advice("canceled"),
    "return-process-partial-refund-not-allowed": part_advice("returned"),
    "cannot-create-shipping-process": phrase(
        "The order is to be collected in the shop: take the parcel out of the order in "
        "Afosto and lay the order out for pickup there, then retry the job."
    ),
    "cannot-create-pickup-process": phrase(
        "The order is canceled in the shop, or not to be collected there: cancel it in "
        "Afosto, or hand it over by hand, then drop the job."
    ),
    "pickup-process-already-exists": phrase(
        "The shop has laid the order out already: retry the job, which then goes on from there."
    ),
    "no-such-product-line-item": _LOOK_AT_LINES,
}


def interpret(answer: Answer) -> ConnectorError | None:
    """Return the error for a shop's answer, with what to do about it; None for a success."""
    error = refusal(answer)
    if isinstance(error, NeedsPerson):
        error.resolution = ADVICE.get(error.reason, error.resolution)
    return error
