"""The store name in an address that a person pastes from the browser."""

import re

# The vendor's own template of addresses; a cockpit has it wherever the connector reaches the shops.
_VENDORS_OWN = "https://{store}.beyondshop.cloud/api"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
_PLACE = "{store}"


def store_name(text: str, template: str) -> str | None:
    """Return the store name in a pasted address of the shop or its cockpit, or the text if it is a name; else None.

    `template` is the setting `epages_url`: `https://{store}.beyondshop.cloud/api` finds corner in
    `https://corner.beyondshop.cloud/cockpit/apps` and in `corner.beyondshop.cloud`.
    """
    text = text.strip()
    found = _in_address(text, template) or _in_address(text, _VENDORS_OWN)
    return found or (text if NAME.fullmatch(text) else None)


def _in_address(text: str, template: str) -> str | None:
    before, _, after = re.sub(r"^https?://", "", template).partition(_PLACE)
    host = after.partition("/")[0]
    pattern = rf"(?:https?://)?{re.escape(before)}({NAME.pattern}?){re.escape(host)}(?:[/?#:].*)?"
    if (host or before) and (found := re.fullmatch(pattern, text, re.IGNORECASE)):
        return found[1].lower() if host else found[1]
    return None
