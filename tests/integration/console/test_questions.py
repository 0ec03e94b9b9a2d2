"""Nothing that cannot be undone is done at one click: a question comes first, and says what ends and for whom."""

import re
from html import unescape

import pytest

from console.access.questions import ANSWER, YES, asks
from ledger.people.users import Role
from tests.support.console.people import OWN_STORE, Desk, Person
from tests.support.console.routes import VALUES, routes
from tests.support.console.sample_operations import add_sample_operations
from tests.support.console.sample_orders import ORDER, REASON

# What ends something for good. A store is removed by typing its name, on a page of its own.
ENDS = re.compile(r"remove|revoke|drop|delete|finish_rotation|end_session|renew|rotate$")
WITHOUT_QUESTION = {
    # Asks for the name of the store.
    "connection.remove",
    # A second secret is accepted beside the present one: nothing ends.
    "webhooks.rotate",
}
# The form that makes a route ask, and what it then says, among other things.
FORMS: dict[str, tuple[str, dict[str, str], str]] = {
    "account.end_session": ("viewer", {}, "You are signed out in"),
    "connect.remove": ("merchant", {}, "you need another invitation"),
    "invitations.revoke": ("operator", {}, "does not work any more"),
    "order.drop": ("operator", {"job": ""}, "is not carried over"),
    "parked.decide": ("operator", {"drop": "chosen", "job": ""}, "is not carried over"),
    "parked.drop_all": ("operator", {}, "All that are parked for this reason: stock-differs"),
    "parked.retry_all": ("operator", {}, "is parked again"),
    "tokens.revoke": ("admin", {}, "warehouse can send no tasks and use no API any more"),
    "tokens.rotate": ("admin", {}, "The old token is accepted"),
    "tokens.finish_rotation": ("admin", {}, "with its old token are refused"),
    "users.remove": ("admin", {}, "viewer is signed out everywhere at once"),
    "webhooks.finish_rotation": ("admin", {}, "with the old secret are refused"),
    "webhooks.remove_endpoint": ("admin", {}, "by reading, some minutes later"),
    "webhooks.remove_subscription": ("admin", {}, "https://erp.example.com/events gets no events any more"),
    "webhooks.renew_subscription_secret": ("admin", {}, "those are sent again"),
    "workers.delete_message": ("operator", {}, "orders.imprt, from the queue orders"),
}
