"""Fetches access tokens of a shop: OAuth2 client credentials, as the ePages API documents them."""

import base64
from datetime import datetime
from urllib.parse import urlsplit

from clients.http import Http, call_span
from clients.status_errors import Answer, HostNotFound, NotFound, Unauthorized
from schemas.advice import CHECK_SHOP_ADDRESS, NEW_APP
from schemas.epages import Token, load_token
from schemas.errors import ConnectorError, NeedsPerson
from schemas.reasons import Reason
from schemas.vendors import Vendor, attribute_errors_to
from schemas.wording.phrases import Phrase, phrase

# The domain of the shops that ePages hosts; a shop's host is its store name plus this.
HOSTED = ".beyondshop.cloud"


def fetch_token(http: Http, base_url: str, client_id: str, client_secret: str, now: datetime) -> Token:
    """Ask the shop for an access token; `grant_type` is sent as a query parameter.

    Raises NeedsPerson (wrong-credentials, revoked-client, unknown-store), and RetryLater if the host does not answer.
    """
    with attribute_errors_to(Vendor.EPAGES):
        return _fetch(http, base_url, client_id, client_secret, now)


def _fetch(http: Http, base_url: str, client_id: str, client_secret: str, now: datetime) -> Token:
    basic = base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
    try:
        with call_span(Vendor.EPAGES, "token", effect=False):
            answer = http.send(
                "POST",
                f"{base_url}/oauth/token",
                effect=False,
                headers={"Authorization": f"Basic {basic}", "Accept": "application/json"},
                params={"grant_type": "client_credentials"},
                interpret=_interpret,
            )
    except NotFound as error:
        raise _unknown_store(phrase("there is no shop at %(address)s", address=base_url), base_url) from error
    except HostNotFound as error:
        host = urlsplit(base_url).hostname
        raise _unknown_store(
            phrase("the host %(host)s is not known, or this machine has no network", host=host), base_url
        ) from error
    return load_token(answer.document, now)


def _interpret(answer: Answer) -> ConnectorError | None:
    if answer.status != 401 or not isinstance(answer.document, dict):
        return None
    revoked = "revoked" in str(answer.document.get("error_description", "")).lower()
    if not revoked:
        return None
    return Unauthorized(
        phrase("%(host)s says: the client was revoked.", host=answer.request.host),
        reason=Reason.REVOKED_CLIENT,
        resolution=NEW_APP(),
        store_wide=True,
    )


def _unknown_store(message: Phrase, base_url: str) -> NeedsPerson:
    advice = CHECK_SHOP_ADDRESS()
    if (urlsplit(base_url).hostname or "").endswith(HOSTED):
        advice = phrase(
            "The store name is the part before %(domain)s in the address of the shop's cockpit.", domain=HOSTED
        )
    return NeedsPerson(message, reason=Reason.UNKNOWN_STORE, resolution=advice, store_wide=True)
