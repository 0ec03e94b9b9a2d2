"""Addresses within the console: where a person goes on after the sign-in."""

from urllib.parse import urlsplit

from flask import current_app, request
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect


def local_path(text: str | None) -> str | None:
    """Return an address if it lies within the console, else None: nobody is sent elsewhere by a link that he got."""
    if not text or not text.startswith("/") or text[1:2] in ("/", "\\") or not text.isprintable():
        return None
    parts = urlsplit(text)
    return None if parts.scheme or parts.netloc else text


def previous_page() -> str | None:
    """Return the page of the console from which the present request was sent, None if the browser does not say."""
    parts = urlsplit(request.referrer or "")
    if f"{parts.scheme}://{parts.netloc}" != request.host_url.rstrip("/"):
        return None
    return local_path(f"{parts.path}?{parts.query}" if parts.query else parts.path)


def is_page(path: str) -> bool:
    """Whether there is a page to look at under this path."""
    try:
        current_app.create_url_adapter(request).match(path, "GET")  # type: ignore[union-attr]
    except (HTTPException, RequestRedirect):
        return False
    return True
