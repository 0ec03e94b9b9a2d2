"""Addresses within the console: where a person goes on after the sign-in."""

from collections.abc import Mapping
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
    """Return the page of the console from which the present request was sent, None if the browser does not say.

    A form may have been answered with a page at an address that cannot be opened; that is the page above it.
    """
    try:
        parts = urlsplit(request.referrer or "")
    except ValueError:  # no address
        return None
    if f"{parts.scheme}://{parts.netloc}" != request.host_url.rstrip("/"):
        return None
    path = _page_at_or_above(parts.path)
    return local_path(f"{path}?{parts.query}" if parts.query and path == parts.path else path)


def _page_at_or_above(path: str) -> str | None:
    while path:
        if is_page(path):
            return path
        if _lacks_slash(path):
            return f"{path}/"
        path = path.rpartition("/")[0]
    return None


def is_page(path: str) -> bool:
    """Whether there is a page to look at under this path.

    The id of an order may hold slashes, so the address of one of its forms looks like the page of another order.
    """
    shown, sent = _values_in(path, "GET"), _values_in(path, "POST")
    return shown is not None and sent in (None, shown)


def _lacks_slash(path: str) -> bool:
    try:
        current_app.create_url_adapter(request).match(path, "GET")  # type: ignore[union-attr]
    except RequestRedirect:
        return True
    except HTTPException:
        pass
    return False


def _values_in(path: str, method: str) -> Mapping[str, object] | None:
    try:
        _, values = current_app.create_url_adapter(request).match(path, method)  # type: ignore[union-attr]
    except (HTTPException, RequestRedirect):
        return None
    return values
