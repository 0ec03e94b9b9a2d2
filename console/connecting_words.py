"""The words of the pages on which a store is connected and changed: elements, steps, refusals with what to do."""

from collections.abc import Mapping

from flask_babel import lazy_gettext

from clients.scopes import cockpit_name
from console.languages import spoken
from ledger.people.invitations import InvitationState
from schemas.errors import ConnectorError, NeedsPerson
from schemas.reasons import Reason
from schemas.vendors import Vendor
from sync.connecting.connect_draft import Step

STEPS: Mapping[str, str] = {
    Step.SHOP: lazy_gettext("Shop"),
    Step.AFOSTO: lazy_gettext("Afosto"),
    Step.SYNCHRONIZE: lazy_gettext("Synchronize"),
    Step.PREVIEW: lazy_gettext("Preview"),
}
# What is missing when somebody opens a later step.
FIRST: Mapping[str, str] = {
    Step.SHOP: lazy_gettext("First the shop must be connected."),
    Step.AFOSTO: lazy_gettext("First Afosto must be connected, and a channel chosen."),
    Step.SYNCHRONIZE: lazy_gettext("First choose what is synchronized."),
    Step.PREVIEW: "",
}
# The elements, as the guide calls them: from the shop to Afosto, and from Afosto to the shop.
TO_AFOSTO: Mapping[str, str] = {
    "orders.import": lazy_gettext("Orders"),
    "cancellations.import": lazy_gettext("Cancellations"),
    "shipments.import": lazy_gettext("Shipments"),
    "returns.import": lazy_gettext("Returns"),
}
TO_SHOP: Mapping[str, str] = {
    "cancellations.export": lazy_gettext("Cancellations from Afosto"),
    "returns.export": lazy_gettext("Returns from Afosto"),
    "broken.export": lazy_gettext("Rejected returns from Afosto"),
    "shipments.export": lazy_gettext("Shipments from Afosto"),
    "inventory.publish": lazy_gettext("Inventory from Afosto"),
}
ELEMENTS: Mapping[str, str] = {**TO_AFOSTO, **TO_SHOP}
ELEMENT_HELP: Mapping[str, str] = {
    "orders.import": lazy_gettext("New orders of the shop become orders in Afosto."),
    "cancellations.import": lazy_gettext("What is canceled in the shop is canceled in Afosto."),
    "shipments.import": lazy_gettext("What the shop has shipped is shipped in Afosto, with its tracking code."),
    "returns.import": lazy_gettext("What comes back to the shop is returned in Afosto."),
    "cancellations.export": lazy_gettext("What is canceled in Afosto is canceled in the shop."),
    "returns.export": lazy_gettext("What is returned in Afosto is returned in the shop."),
    "broken.export": lazy_gettext("Take care: the shop starts a refund by itself for each return that Afosto rejects."),
    "shipments.export": lazy_gettext("Parcels of Afosto are shipped in the shop, with their tracking codes."),
    "inventory.publish": lazy_gettext(
        "The stock of Afosto becomes that of the shop. Nothing is written before you have confirmed it."
    ),
}
TOTALS: Mapping[str, str] = {
    "strict": lazy_gettext("Wait for a person if the totals differ at all"),
    "tolerate": lazy_gettext("Accept differences of some cents"),
    "accept": lazy_gettext("Accept every difference, and note both totals"),
}
# The payment state of an order, as the shop names it.
PAYMENTS: Mapping[str, str] = {
    "PAID": lazy_gettext("Paid"),
    "PARTIALLY_PAID": lazy_gettext("Partly paid"),
    "PENDING": lazy_gettext("Not paid yet"),
    "REFUND_PENDING": lazy_gettext("Refund not done yet"),
    "VOIDED": lazy_gettext("Called off"),
    "APPROVED": lazy_gettext("Approved, not paid yet"),
    "CAPTURE_PENDING": lazy_gettext("Not collected yet"),
    "FAILED": lazy_gettext("Failed"),
    "REFUNDED": lazy_gettext("Paid back"),
}
INVITATIONS: Mapping[str, str] = {
    InvitationState.OPEN: lazy_gettext("open"),
    InvitationState.USED: lazy_gettext("used"),
    InvitationState.REVOKED: lazy_gettext("revoked"),
    InvitationState.EXPIRED: lazy_gettext("expired"),
}
# What a box of the cockpit is for.
BOX_HELP: Mapping[str, str] = {
    "prod:r": lazy_gettext("find a product by its SKU"),
    "prda:r": lazy_gettext("read stock"),
    "prda:u": lazy_gettext("change stock"),
    "ordr:r": lazy_gettext("read orders: everything needs it"),
    "ordr:u": lazy_gettext("write the order's note"),
    "shpr:c": lazy_gettext("create shipments and pickups"),
    "shpr:r": lazy_gettext("read shipments with their tracking codes"),
    "shpr:u": lazy_gettext("mark them shipped, delivered, picked up"),
    "clpr:c": lazy_gettext("cancellations from Afosto"),
    "clpr:r": lazy_gettext("cancellations from Afosto"),
    "rtpr:c": lazy_gettext("returns and rejected returns from Afosto"),
    "rtpr:r": lazy_gettext("returns and rejected returns from Afosto"),
    "loca:r": lazy_gettext("list the shop's pickup points"),
    "orde:r": lazy_gettext("tell two equal cancellations apart after a lost answer"),
}
NO_STORE_NAME = lazy_gettext(
    "This is no store name. Copy the address of the cockpit from your browser, or type the part before "
    ".beyondshop.cloud."
)
NO_CREDENTIALS = lazy_gettext("The client id or the client secret is missing. Copy both from the app in the cockpit.")
NO_KEY = lazy_gettext("The key is missing. Make one in Afosto under Settings, API, and copy it.")
ORDERS_UNREADABLE = lazy_gettext(
    "The credentials are right, but the app may not read orders. Tick the box “Bestellungen lesen” in the cockpit, "
    "save there, then check again."
)
CHANNEL_GONE = lazy_gettext("This sales channel is not in Afosto any more. Choose another one.")
LOCATION_GONE = lazy_gettext("A chosen location is not there any more. Choose the locations again.")
NO_DAY = lazy_gettext("This is no day. Choose one from the calendar, or write it like 2026-11-28.")
DAY_TO_COME = lazy_gettext("This day is still to come. Choose today or an earlier one.")
CHANGED_MEANWHILE = lazy_gettext(
    "Somebody else has changed this since your page was loaded, so nothing was kept. What you typed is still here, "
    "except secrets. Compare it with the others, then send it again."
)
CONNECTING = lazy_gettext("This store is being connected at this moment. Load the page again in some seconds.")
NOT_THE_NAME = lazy_gettext("This is not the name of the store, so nothing was removed.")

_REFUSALS: Mapping[str, str] = {
    Reason.WRONG_CREDENTIALS: lazy_gettext(
        "The shop refuses the client id or the client secret. Copy both from the app in the cockpit once more, without "
        "blanks. If the secret is lost, make a new app there."
    ),
    Reason.REVOKED_CLIENT: lazy_gettext("The app was revoked in the shop. Make a new app in the cockpit."),
    Reason.UNKNOWN_STORE: lazy_gettext(
        "There is no shop of this name. Copy the address of the cockpit from your browser into the field."
    ),
    Reason.BAD_ADDRESS: lazy_gettext("This name does not lead to a shop. Copy the address of the cockpit."),
    Reason.REDIRECTED: lazy_gettext("This name does not lead to a shop. Copy the address of the cockpit."),
    Reason.STORE_EXISTS: lazy_gettext(
        "A store of this name is connected already. To give it other credentials, open it in the list of stores."
    ),
    Reason.SHOP_CONNECTED_ALREADY: lazy_gettext(
        "This shop is connected already, under another name. Connected twice, its orders would be imported twice."
    ),
    Reason.WRONG_AFOSTO_KEY: lazy_gettext(
        "Afosto refuses the key. Make a new one in Afosto under Settings, API, and copy it whole."
    ),
    Reason.MISSING_AFOSTO_SCOPE: lazy_gettext(
        "Afosto takes the key, but the key lacks a right. Give it all rights for orders, channels, locations and "
        "inventory in Afosto under Settings, API, then try again."
    ),
    Reason.UNKNOWN_CHANNEL: CHANNEL_GONE,
    Reason.UNKNOWN_LOCATION: LOCATION_GONE,
    Reason.MISSING_SCOPE: ORDERS_UNREADABLE,
    Reason.NOT_INVITED: lazy_gettext(
        "This invitation is not valid, or not any more. Ask the person who sent it for a new one."
    ),
    Reason.OTHER_TENANT: lazy_gettext("The key belongs to another merchant."),
    Reason.SCHEMA_MISMATCH: lazy_gettext(
        "Afosto answers in a way that the connector does not know. Tell the person who runs the connector."
    ),
}
_SILENT: Mapping[Vendor | None, str] = {
    Vendor.EPAGES: lazy_gettext("The shop does not answer. What you typed is kept. Try again in a minute."),
    Vendor.AFOSTO: lazy_gettext("Afosto does not answer. What you typed is kept. Try again in a minute."),
    None: lazy_gettext("The shop or Afosto does not answer. What you chose is kept. Try again in a minute."),
}


def refusal(error: ConnectorError, vendor: Vendor | None) -> str:
    """Return why a vendor refused, and what to do; `vendor`: whom the step asks, None for both."""
    if not isinstance(error, NeedsPerson):
        return str(_SILENT[vendor])
    known = _REFUSALS.get(error.reason)
    return str(known) if known else f"{spoken(error).rstrip('.')}. {spoken(error.resolution)}"


def box(scope: str) -> str:
    """Return the German name of a scope's box in the cockpit."""
    return cockpit_name(scope)
