"""Sign-in with the account of a company: OpenID Connect by Authlib, with PKCE, where the settings name a provider."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import requests
import structlog
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.flask_client import FlaskOAuth2App, OAuth
from flask import Flask, current_app
from joserfc.errors import JoseError
from werkzeug.wrappers import Response

from schemas.settings import Settings

log = structlog.get_logger()

_NAME = "company"
# A person waits for each answer of the provider.
_PATIENCE_SECONDS = 5.0
# Authlib keeps what it has read of the provider, its addresses and keys, for as long as the process lives. We let it
# read them again after these seconds: a provider may change both.
_KNOWN_SECONDS = 3600.0
# Authlib raises those of Python for an answer that is not what the protocol asks for.
_REFUSALS = (AuthlibBaseError, JoseError, RuntimeError, ValueError, KeyError, TypeError, AttributeError)


class Failure(StrEnum):
    """Why a sign-in with the account of a company did not succeed."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"


class SignInFailed(Exception):
    """The provider could not be reached, or its answer is not to be trusted."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


@dataclass(frozen=True, slots=True)
class CompanyAccount:
    """An account at the provider. `account` never changes; `mail` is None unless the provider has confirmed it."""

    account: str
    mail: str | None


def install(app: Flask, settings: Settings) -> None:
    """Offer the sign-in if the settings name a provider. Nothing connects before somebody uses it."""
    oauth = OAuth(app)
    if settings.oidc_issuer:
        oauth.register(
            _NAME,
            client_id=settings.oidc_client_id,
            client_secret=settings.oidc_client_secret,
            server_metadata_url=f"{settings.oidc_issuer.rstrip('/')}/.well-known/openid-configuration",
            client_kwargs={
                "scope": "openid email",
                "code_challenge_method": "S256",
                "default_timeout": _PATIENCE_SECONDS,
            },
        )


def is_offered() -> bool:
    """Whether people can sign in with the account of their company."""
    return _provider() is not None


def begin(back: str) -> Response:
    """Send the browser to the provider, which sends it to the address `back`. Raises SignInFailed."""
    provider = _required()
    if provider.server_metadata.get("_loaded_at", 0.0) < time.time() - _KNOWN_SECONDS:
        _forget(provider)
    try:
        answer: Response = provider.authorize_redirect(back)
    except requests.RequestException as error:
        raise _failed(Failure.UNREACHABLE, error) from error
    except _REFUSALS as error:
        raise _failed(Failure.REFUSED, error) from error
    return answer


def finish(issuer: str) -> CompanyAccount:
    """Return whose account it is, by what the provider answered to the browser. Raises SignInFailed.

    The state, the nonce, the signature, the issuer and the audience are checked, and that the token has not expired.
    """
    provider = _required()
    expected = {"iss": {"values": [issuer.rstrip("/"), f"{issuer.rstrip('/')}/"]}, "aud": {"value": provider.client_id}}
    try:
        claims = provider.authorize_access_token(claims_options=expected)["userinfo"]
        mail = str(claims["email"]).strip().lower() if claims.get("email_verified") is True else None
        return CompanyAccount(f"{claims['iss']} {_subject(claims)}", mail)
    except requests.RequestException as error:
        raise _failed(Failure.UNREACHABLE, error) from error
    except _REFUSALS as error:
        if isinstance(error, JoseError):
            # It may have another key under the name of the old one, or under none. The code was used, so this sign-in
            # is lost; the next one succeeds.
            _forget(provider)
        raise _failed(Failure.REFUSED, error) from error


def _forget(provider: FlaskOAuth2App) -> None:
    """Let Authlib read the provider's addresses and keys again."""
    for name in ("_loaded_at", "jwks"):
        provider.server_metadata.pop(name, None)


def _subject(claims: Mapping[str, Any]) -> str:
    if not isinstance(claims["sub"], str) or not claims["sub"]:
        raise ValueError("the account has no subject")
    return claims["sub"]


def _provider() -> FlaskOAuth2App | None:
    oauth: OAuth = current_app.extensions["authlib.integrations.flask_client"]
    found: FlaskOAuth2App | None = oauth.create_client(_NAME)
    return found


def _required() -> FlaskOAuth2App:
    provider = _provider()
    assert provider is not None
    return provider


def _failed(failure: Failure, error: Exception) -> SignInFailed:
    # The message of an error may hold a token.
    log.warning("a sign-in with the account of a company failed", failure=str(failure), error=type(error).__name__)
    return SignInFailed(failure)
