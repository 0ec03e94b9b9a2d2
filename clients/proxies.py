"""Proxies and certificates from the usual environment variables, for machines inside a company network.

They are read once per host and process, by the rules of requests: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and
`NO_PROXY` in upper or lower case, `REQUESTS_CA_BUNDLE`, `CURL_CA_BUNDLE`, and OpenSSL's `SSL_CERT_FILE`.
"""

import os
from functools import lru_cache
from pathlib import Path

from requests.utils import get_environ_proxies

from schemas.errors import RetryLater
from schemas.wording.phrases import phrase

_BUNDLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


@lru_cache(maxsize=4096)
def proxies_for(scheme: str, host: str) -> dict[str, str]:
    """Return scheme → proxy for calls to a host (with its port, if it has one); empty if no proxy is used."""
    return dict(get_environ_proxies(f"{scheme}://{host}", no_proxy=None))


@lru_cache(maxsize=1)
def trusted() -> str | bool:
    """Return the file or folder of the trusted certificates, or True for those that requests includes.

    Raises RetryLater if a variable names a missing file: then every call would fail, through no fault of its own.
    """
    for name in _BUNDLES:
        if path := os.environ.get(name):
            if not Path(path).exists():
                raise RetryLater(
                    phrase("%(name)s names certificates that do not exist: %(path)s", name=name, path=path)
                )
            return path
    return True


def forget() -> None:
    """Forget what was read; the next call reads the environment again."""
    proxies_for.cache_clear()
    trusted.cache_clear()
