"""The door for Afosto: POST /webhooks/afosto/ENDPOINT. Verify, keep, mark the order for a look, commit, answer."""

import hashlib
import hmac
import re

import flask
import structlog
from flask_smorest import Blueprint
from marshmallow import ValidationError

from gateway.answers import WebhookAnswerSchema
from gateway.bodies import parse, read_body
from gateway.errors import described, refuse
from gateway.incoming import MOST_BODY
from gateway.runtime import runtime
from ledger.webhooks import EVENTS, Endpoint, Taken
from schemas.afosto import Webhook, WebhookSchema
from schemas.fields import faults

log = structlog.get_logger()

SIGNATURE = "X-Afosto-Hmac-Sha256"
_SCHEMA = WebhookSchema()
_REFUSALS = {
    400: "The body is no JSON, or a field is missing or wrong; the answer names it.",
    401: "The signature is missing or wrong.",
    404: "There is no such endpoint.",
    413: "The body is larger than 256 KiB.",
    503: "The database does not answer; send the message again.",
}

blueprint = Blueprint("Webhooks", __name__, description="Events of Afosto.")


@blueprint.route("/webhooks/afosto/<endpoint>", methods=["POST"])
@blueprint.doc(
    parameters=[
        {
            "in": "header",
            "name": SIGNATURE,
            "required": True,
            "schema": {"type": "string"},
            "description": "Hex HMAC-SHA256 of the raw body, with the endpoint's secret.",
        }
    ],
    requestBody={"required": True, "content": {"application/json": {"schema": WebhookSchema}}},
)
@described(blueprint, _REFUSALS)
@blueprint.response(200, WebhookAnswerSchema)
def take(endpoint: str) -> dict[str, bool]:
    """Take an event of Afosto.

    A repeat of a message does nothing. Events that are unknown, or about orders of somebody else, are kept and ignored.
    """
    found = _find(endpoint)
    body = read_body(MOST_BODY)
    _must_be_signed(found, body)
    message = _load(body)
    taken = runtime().ledger.webhooks.take(found, message)
    _tell(found, message, taken)
    if taken.version is not None:
        look = {"store": taken.store, "order": taken.order, "version": taken.version}
        runtime().producer.try_to_send("orders.look", look)
    return {"new": taken.new}


def _find(endpoint: str) -> Endpoint:
    # What no endpoint can be called, a database need not be asked for; some of it, it could not even be.
    found = runtime().ledger.webhooks.find(endpoint) if re.fullmatch(r"[\w-]{1,100}", endpoint, re.ASCII) else None
    if found is None:
        refuse(404, "unknown-endpoint", "There is no such endpoint.")
    return found


def _must_be_signed(endpoint: Endpoint, body: bytes) -> None:
    given = flask.request.headers.get(SIGNATURE, "").strip().lower().encode()
    # Both secrets are tried in any case, so that the time taken tells nothing.
    fits = [hmac.compare_digest(_sign(secret, body), given) for secret in endpoint.secrets]
    if not any(fits):
        log.warning("a webhook was refused: its signature does not fit", store=endpoint.store, size=len(body))
        refuse(401, "wrong-signature", f"{SIGNATURE} is missing or does not fit the body.")


def _sign(secret: str, body: bytes) -> bytes:
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest().encode()


def _load(body: bytes) -> Webhook:
    try:
        message: Webhook = _SCHEMA.load(parse(body))
    except ValidationError as error:
        field, fault = next(faults(error.messages))
        refuse(400, "invalid", f"the field {field!r} {fault}", field=field)
    return message


def _tell(endpoint: Endpoint, message: Webhook, taken: Taken) -> None:
    """One line for each message: ids alone, nothing a person could be known by."""
    facts = {"kind": message.event if message.event in EVENTS else "unknown", "entity": message.entity_id}
    if not taken.new:
        outcome = "a repeat"
    elif taken.order:
        outcome = "its order is looked at"
    elif message.event in EVENTS:
        outcome = "of no order we know; if it is ours, the walk over open orders finds it"
    else:
        outcome = "an event we do not look at"
    log.info("webhook taken", store=taken.store or endpoint.store, order=taken.order, outcome=outcome, **facts)
