"""The vendors' own pages that people look at beside ours, as far as their addresses are known.

- The cockpit of a shop is `/cockpit` on the shop's host: https://afosto.com/docs/apps/epages-integration names its
  sign-in there, and ePages sends a merchant back to it after an app was installed (`return_url`).
- The administration of Afosto: https://afosto.com/docs/orders/getting-started/my-account

Neither vendor documents the address of the page of one order, so none is made up: people copy the number and search.
"""

from urllib.parse import urlsplit

from clients.oauth import HOSTED

_AFOSTO_API, _AFOSTO_PAGES = "afosto.app", "https://admin.afosto.app"


def cockpit_page(base_url: str) -> str | None:
    """Return the address of the cockpit of the shop with this API; None for a host that ePages does not run."""
    address = urlsplit(base_url)
    if address.scheme == "https" and (address.hostname or "").endswith(HOSTED):
        return f"https://{address.hostname}/cockpit"
    return None


def afosto_page(afosto_url: str) -> str | None:
    """Return the address of the administration of the Afosto with this API; None for another one, such as a test's."""
    address = urlsplit(afosto_url)
    return _AFOSTO_PAGES if (address.scheme, address.hostname) == ("https", _AFOSTO_API) else None
