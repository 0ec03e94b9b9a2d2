"""The pages of the console, as somebody opens them who may do everything."""

from tests.support.console.people import OWN_STORE

# The name of its screenshots → its address.
PAGES = {
    "stores": "/stores",
    "stores-searched-in-vain": "/stores?q=nothing",
    "store": f"/stores/{OWN_STORE}/",
    "stock": f"/stores/{OWN_STORE}/stock",
    "stock-searched-in-vain": f"/stores/{OWN_STORE}/stock?q=nothing",
    "workers": "/workers",
    "checks": "/workers/checks",
    "messages": "/workers/messages",
    "tokens": "/tokens/",
    "webhooks": "/webhooks/",
    "users": "/users/",
    "user": "/users/merchant",
    "user-oneself": "/users/admin",
    "audit": "/audit",
    "account": "/account/",
    "not-found": "/nothing-here",
}
