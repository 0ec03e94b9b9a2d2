"""The WSGI application."""

from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from flask import Flask
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from console import error_pages, languages, navigation, times
from console.access import company_accounts, gate
from console.access.roles import check_declarations, public
from console.runtime import NAME, Runtime
from serving.incoming import MOST_BODY
from serving.metrics import measure_requests


@dataclass(frozen=True, slots=True)
class Access:
    """How browsers reach the console.

    `plain_http`: without a certificate, on this machine only. `behind_proxy`: one proxy stands before the console, and
    what it says about the browser (X-Forwarded-For, -Proto and -Host) is believed.
    """

    plain_http: bool = False
    behind_proxy: bool = False


def create_app(runtime: Runtime, access: Access) -> Flask:
    """Build the application with the runtime of its process. Raises LookupError for a page without a declared role."""
    app = Flask("console")
    app.extensions[NAME] = runtime
    first, *older = (_cookie_key(key) for key in runtime.settings.keys)
    app.config.update(
        SECRET_KEY=first,
        SECRET_KEY_FALLBACKS=older,
        SESSION_COOKIE_NAME="console-form" if access.plain_http else "__Host-console-form",
        SESSION_COOKIE_SECURE=not access.plain_http,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        MAX_CONTENT_LENGTH=MOST_BODY,
        # A page may stay open for as long as its session.
        WTF_CSRF_TIME_LIMIT=None,
    )
    if access.behind_proxy:
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1, x_proto=1, x_host=1)  # type: ignore[method-assign]
    measure_requests(app)
    CSRFProtect(app)
    languages.install(app)
    times.install(app)
    gate.install(app)
    company_accounts.install(app, runtime.settings)
    error_pages.install(app)
    navigation.install(app)
    public(app.view_functions["static"])
    check_declarations(app)
    return app


def _cookie_key(key: str) -> bytes:
    """Derive the key that signs the cookie of forms, so that it opens nothing that is encrypted."""
    return HKDF(SHA256(), 32, salt=None, info=b"console: cookie of forms").derive(key.encode())
