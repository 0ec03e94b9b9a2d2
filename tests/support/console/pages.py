"""The pages of the console, as somebody opens them who may do everything."""

from tests.support.console.people import OWN_STORE

# The name of its screenshots → its address.
PAGES = {
    "stores": "/stores",
    "stores-searched-in-vain": "/stores?q=nothing",
    "store": f"/stores/{OWN_STORE}/",
    "connect": "/connect/",
    "invitations": "/invitations/",
    "invitation-not-valid": "/invitations/open?link=x",
    "connection": f"/stores/{OWN_STORE}/connection/",
    "connection-places": f"/stores/{OWN_STORE}/connection/places",
    "connection-webhook": f"/stores/{OWN_STORE}/connection/webhook",
    "connection-remove": f"/stores/{OWN_STORE}/connection/remove",
    "users": "/users/",
    "user": "/users/merchant",
    "user-oneself": "/users/admin",
    "audit": "/audit",
    "account": "/account/",
    "not-found": "/nothing-here",
}
