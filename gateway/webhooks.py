"""The endpoint for Afosto: POST /webhooks/afosto/ENDPOINT. Verify, store, make `orders.look` due, commit, answer."""

import hashlib
import hmac
import re
from datetime import UTC, datetime

import flask
import structlog
from flask_smorest import Blueprint
from marshmallow import ValidationError

from gateway.answers import WebhookAnswerSchema
from gateway.bodies import parse, read_body
from gateway.errors import described, refuse
from gateway.runtime import runtime
from ledger.inbound.webhooks import EVENTS, Endpoint, Taken
from metrics.measures import note_webhook, note_webhook_lag
from schemas.afosto import Webhook, WebhookSchema
from schemas.values.loading import faults
from serving.incoming import MOST_BODY
from tracing.spans import Kind, continued, note, span

log = structlog.get_logger()

SIGNATURE = "X-Afosto-Hmac-Sha256"
_SCHEMA = WebhookSchema()
_REFUSALS = {
    400: "The body is not JSON, or a field is missing or wrong; the answer names it.",
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
    """Receive an event of Afosto.

    A repeated message has no effect. Unknown events, and events about orders that are not ours, are stored and ignored.
    """
    # A caller's own trace is not continued: it could choose which of our spans are recorded.
    with continued("webhook", Kind.SERVER, None):
        found = _find(endpoint)
        body = read_body(MOST_BODY)
        _require_signature(found, body)
        message = _load(body)
        with span("write job"):
            taken = runtime().ledger.webhooks.take(found, message)
        _log(found, message, taken)
        _measure(message, taken)
        if taken.version is not None:
            _send_look(taken)
        return {"new": taken.new}


def _send_look(taken: Taken) -> None:
    """Send the look that a webhook asked for, to save the second until dispatch does."""
    look = {"store": taken.store, "order": taken.order, "version": taken.version}
    with span("dispatch orders.look", Kind.PRODUCER, store=taken.store, order=taken.order, queue="exports"):
        runtime().producer.try_to_send("orders.look", look)


@blueprint.after_request
def _count_refusal(response: flask.Response) -> flask.Response:
    if response.status_code == 404:
        # Anybody can call an endpoint that is not there. That says nothing about those of Afosto.
        note_webhook("unknown")
    elif response.status_code >= 400:
        note_webhook("failed" if response.status_code >= 500 else "refused")
    return response


def _measure(message: Webhook, taken: Taken) -> None:
    note_webhook("new" if taken.new else "repeat")
    if taken.new:
        note_webhook_lag((datetime.now(UTC) - message.triggered_at).total_seconds())


def _find(endpoint: str) -> Endpoint:
    # No endpoint has such a name, so we do not ask the database; for some names, the query would even fail.
    found = runtime().ledger.webhooks.find(endpoint) if re.fullmatch(r"[\w-]{1,100}", endpoint, re.ASCII) else None
    if found is None:
        refuse(404, "unknown-endpoint", "There is no such endpoint.")
    return found


def _require_signature(endpoint: Endpoint, body: bytes) -> None:
    given = flask.request.headers.get(SIGNATURE, "").strip().lower().encode()
    # Both secrets are always tried, so that the time taken reveals nothing.
    matches = [hmac.compare_digest(_sign(secret, body), given) for secret in endpoint.secrets]
    if not any(matches):
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


def _log(endpoint: Endpoint, message: Webhook, taken: Taken) -> None:
    """Log one line per message: only ids, no personal data."""
    facts = {"kind": message.event if message.event in EVENTS else "unknown", "entity": message.entity_id}
    if not taken.new:
        outcome = "a repeat"
    elif taken.order:
        outcome = "its order is looked at"
    elif message.event in EVENTS:
        outcome = "about no order we know; if it is ours, the scan of open orders finds it"
    else:
        outcome = "an event that we ignore"
    note(store=taken.store or endpoint.store, order=taken.order, outcome=outcome, kind=facts["kind"])
    log.info("webhook taken", store=taken.store or endpoint.store, order=taken.order, outcome=outcome, **facts)
