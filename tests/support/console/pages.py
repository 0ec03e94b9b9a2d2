"""The pages of the console, as somebody opens them who may do everything."""

from urllib.parse import quote

from tests.support.console.people import OTHER_STORE, OWN_STORE
from tests.support.console.sample_orders import HOSTILE_ORDER, HOSTILE_SKU, ORDER, REASON, SKU

# The name of its screenshots → its address.
PAGES = {
    "stores": "/stores",
    "stores-searched-in-vain": "/stores?q=nothing",
    "store": f"/stores/{OWN_STORE}/",
    "search": "/search",
    "search-in-vain": "/search?find=nothing",
    "order": f"/stores/{OWN_STORE}/orders/{ORDER}",
    "order-hostile": f"/stores/{OWN_STORE}/orders/{HOSTILE_ORDER}",
    "order-documents": f"/stores/{OWN_STORE}/orders/{ORDER}/documents",
    "sku": f"/stores/{OWN_STORE}/stock/{SKU}",
    "sku-hostile": f"/stores/{OWN_STORE}/stock/{quote(HOSTILE_SKU, safe='')}",
    "parked": "/parked/",
    "parked-of-nobody": f"/parked/?store={OTHER_STORE}",
    "parked-jobs": f"/parked/jobs?reason={REASON}",
    "parked-jobs-in-vain": f"/parked/jobs?reason={REASON}&text=nothing",
    "comparison": f"/stores/{OWN_STORE}/comparison/",
    "comparison-to-repair": f"/stores/{OWN_STORE}/comparison/?state=repairable",
    "comparison-not-begun": f"/stores/{OTHER_STORE}/comparison/",
    "totals": f"/stores/{OWN_STORE}/totals/",
    "stock": f"/stores/{OWN_STORE}/stock",
    "stock-searched-in-vain": f"/stores/{OWN_STORE}/stock?q=nothing",
    "workers": "/workers",
    "checks": "/workers/checks",
    "messages": "/workers/messages",
    "tokens": "/tokens/",
    "webhooks": "/webhooks/",
    "connect": "/connect/",
    "invitations": "/invitations/",
    "invitation-not-valid": "/invitations/open?link=x",
    "connection": f"/stores/{OWN_STORE}/connection/",
    "connection-places": f"/stores/{OWN_STORE}/connection/places",
    "connection-stock": f"/stores/{OWN_STORE}/connection/stock",
    "connection-webhook": f"/stores/{OWN_STORE}/connection/webhook",
    "connection-remove": f"/stores/{OWN_STORE}/connection/remove",
    "users": "/users/",
    "user": "/users/merchant",
    "user-oneself": "/users/admin",
    "audit": "/audit",
    "account": "/account/",
    "not-found": "/nothing-here",
}
