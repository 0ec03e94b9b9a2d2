"""Who may call a shop: its client, the tokens that it issued, and their scopes."""

import base64
import json
import secrets
import time
from collections.abc import Callable, Sequence
from typing import Any

ALL_SCOPES = [
    "prod:r",
    "prda:r",
    "prda:u",
    "ordr:r",
    "ordr:u",
    "shpr:c",
    "shpr:r",
    "shpr:u",
    "clpr:c",
    "clpr:r",
    "rtpr:c",
    "rtpr:r",
    "ordp:r",
    "orde:r",
    "loca:r",
    "shpz:r",
    "pypr:r",
    "rfpr:r",
]
GUIDE_SCOPES = ["prod:r", "prda:r", "prda:u", "ordr:r", "ordr:u", "shpr:c", "shpr:r", "shpr:u"]


class Denied(Exception):
    """A 401: `error` and `description` as OAuth names them."""

    def __init__(self, error: str, description: str) -> None:
        super().__init__(description)
        self.error = error
        self.description = description


class Tokens:
    """The client of one shop and its tokens; each is valid for `seconds`."""

    def __init__(
        self,
        client_id: str,
        client_secret: str,
        scopes: Sequence[str] = tuple(ALL_SCOPES),
        seconds: float = 43199,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.client_id = client_id
        self.scopes = tuple(scopes)
        self.seconds = seconds
        self.revoked = False
        self._secret = client_secret
        self._clock = clock
        self._valid: dict[str, tuple[float, frozenset[str]]] = {}

    def issue(self, authorization: str) -> dict[str, Any]:
        """The answer to a token request with this Basic header; raises Denied."""
        if self.revoked:
            raise Denied("unauthorized", "The client was revoked.")
        expected = base64.b64encode(f"{self.client_id}:{self._secret}".encode()).decode()
        if not secrets.compare_digest(authorization.encode(), f"Basic {expected}".encode()):
            raise Denied("unauthorized", "Bad client credentials.")
        now, jti = int(self._clock()), secrets.token_urlsafe(20)
        claims = {"scope": list(self.scopes), "tenantId": 135, "exp": now + self.seconds, "iat": now, "jti": jti}
        token = _jwt(claims)
        self._valid[token] = (now + self.seconds, frozenset(self.scopes))
        return {
            "access_token": token,
            "token_type": "bearer",
            "refresh_token": _jwt(claims | {"ati": jti}),
            "expires_in": int(self.seconds),
            "scope": " ".join(self.scopes),
            "tenantId": 135,
            "iat": now,
            "jti": jti,
        }

    def scopes_of(self, authorization: str) -> frozenset[str]:
        """The scopes of the token in this header; raises Denied if it is missing, unknown or expired."""
        if self.revoked:
            raise Denied("unauthorized", "The client was revoked.")
        kind, _, token = authorization.partition(" ")
        expires_at, scopes = self._valid.get(token, (0.0, frozenset()))
        if kind.lower() != "bearer" or not token:
            raise Denied("unauthorized", "Full authentication is required to access this resource")
        if expires_at <= self._clock():
            raise Denied("invalid_token", "The access token is invalid or has expired.")
        return scopes

    def expire(self, authorization: str) -> None:
        """Make the token in this header expire now."""
        self._valid.pop(authorization.partition(" ")[2], None)

    def revoke(self) -> None:
        """The merchant revokes the client: it gets no new tokens, and its old ones end."""
        self.revoked = True
        self._valid.clear()


def _jwt(claims: dict[str, Any]) -> str:
    parts = ({"alg": "RS256", "typ": "JWT", "kid": "1"}, claims)
    encoded = [base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in parts]
    return ".".join([*encoded, secrets.token_urlsafe(256)])
