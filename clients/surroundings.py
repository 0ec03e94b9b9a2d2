"""The way out of a company's network: proxies and certificates as the usual environment variables name them.

Read once per host and process, by requests' own rules: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY` in
either case, `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`, and OpenSSL's `SSL_CERT_FILE`.
"""

import os
from functools import lru_cache
from pathlib import Path

from requests.utils import get_environ_proxies

from schemas.errors import RetryLater

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


@lru_cache(maxsize=4096)
def proxies_for(scheme: str, host: str) -> dict[str, str]:
    """Return scheme → proxy for calls to a host (with its port, where that is told); empty where none is to be used."""
    return dict(get_environ_proxies(f"{scheme}://{host}", no_proxy=None))


@lru_cache(maxsize=1)
def trusted() -> str | bool:
    """Return the file or folder of the certificates to trust, True for those that requests brings along.

    Raises RetryLater where a variable names one that is not there: every call would fail, and none for its own sake.
    """
    for name in _BUNDLES:
        if path := os.environ.get(name):
            if not Path(path).exists():
                raise RetryLater(f"{name} names certificates that are not there: {path}")
            return path
    return True


def forget() -> None:
    """Read the environment again at the next call."""
    proxies_for.cache_clear()
    trusted.cache_clear()
