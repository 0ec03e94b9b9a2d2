"""A provider of accounts (OpenID Connect) that answers over HTTP as a company's would."""

import base64
import hashlib
import html
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "connector-console", "secret-of-the-console"


@dataclass
class IdentityProvider:
    """Hands out a code for who "signs in" there, and a signed token for the code. `wrong` spoils the next tokens.

    Its page in a browser lets one choose among the `accounts`: name → claims.
    """

    address: str
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first", "use": "sig"}))
    wrong: dict[str, Any] = field(default_factory=dict)
    accounts: dict[str, dict[str, Any]] = field(default_factory=dict)
    authorization: str = "/authorize"
    _asked: dict[str, tuple[dict[str, str], dict[str, Any]]] = field(default_factory=dict)

    def sign_in(self, url: str, **claims: Any) -> str:
        """Let somebody with these claims sign in at the address `url`; return where the browser is sent then."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert asked["code_challenge_method"] == "S256"
        code = uuid4().hex
        self._asked[code] = (asked, claims)
        return f"{asked['redirect_uri']}?code={code}&state={asked['state']}"

    def page(self, url: str) -> str:
        """Return the page at the address `url`, on which a person chooses an account, or says no."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        no = f"{asked['redirect_uri']}?error=access_denied&state={asked['state']}"
        choices = {name: self.sign_in(url, **claims) for name, claims in self.accounts.items()} | {"No": no}
        links = [f'<p><a href="{html.escape(target)}">{html.escape(name)}</a></p>' for name, target in choices.items()]
        return f"<!doctype html><html lang='en'><title>The company's accounts</title>{''.join(links)}</html>"

    def documents(self) -> dict[str, dict[str, Any]]:
        """Return what it answers to a GET, by path."""
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}{self.authorization}",
                "token_endpoint": f"{self.address}/token",
                "jwks_uri": f"{self.address}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            },
            "/keys": {"keys": [self.key.as_dict(private=False)]},
        }

    def exchange(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Return the tokens for a code that is used for the first time by the client that asked for it."""
        known = self._asked.pop(form.get("code", ""), None)
        secret = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if known is None or authorization != f"Basic {secret}":
            return None
        asked, claims = known
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != asked["code_challenge"]:
            return None
        now = int(time.time())
        told = {"iss": self.address, "aud": CLIENT_ID, "iat": now, "exp": now + 60, "nonce": asked["nonce"]}
        key = self.wrong.get("key", self.key)
        spoiled = {name: value for name, value in self.wrong.items() if name != "key"}
        token = jwt.encode({"alg": "RS256", "kid": self.key.kid}, {**told, **claims, **spoiled}, key)
        return {"access_token": uuid4().hex, "token_type": "Bearer", "id_token": token}


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """Yield a provider that listens on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    provider = IdentityProvider(f"http://127.0.0.1:{server.server_port}")
    server.provider = provider  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield provider
    server.shutdown()
    server.server_close()
    thread.join(10)


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        provider: IdentityProvider = self.server.provider  # type: ignore[attr-defined]
        if self.path.startswith("/authorize?"):
            self._send(200, "text/html", provider.page(self.path).encode())
            return
        document = provider.documents().get(self.path)
        self._answer(200 if document else 404, document or {})

    def do_POST(self) -> None:
        provider: IdentityProvider = self.server.provider  # type: ignore[attr-defined]
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        tokens = provider.exchange(form, self.headers.get("Authorization", ""))
        self._answer(200 if tokens else 400, tokens or {"error": "invalid_grant"})

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        self._send(status, "application/json", json.dumps(document).encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Write nothing to the error output."""
