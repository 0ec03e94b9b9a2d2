"""What a person can do where a command does it: each advice in two forms, one to type and one for the console's pages.

The command line, logs and the ledger have the form with the command. The console finds the other one by its pattern:
a merchant has no command line. A button or a page of the console stands between “ and ”, as its label reads.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.wording.phrases import Phrase, phrase


@dataclass(frozen=True, slots=True)
class Advice:
    """Two patterns of one advice: `command` is for the command line, `console` uses some of the same values."""

    command: str
    console: str

    def __call__(self, **values: object) -> Phrase:
        """Return the form with the command."""
        return phrase(self.command, **values)


# Jobs that are parked.
CORRECT_NAMED = Advice(
    "Correct what the message names, then: connector jobs retry --reason %(reason)s",
    "Correct what the message names, then press “Retry”.",
)
CORRECT_ORDER_OR_CATALOG = Advice(
    "Mend the order or the catalog, then: connector jobs retry --reason %(reason)s",
    "Correct the order or the catalog, then press “Retry”.",
)
GIVE_PICKUP_LOCATION = Advice(
    "Give the pickup option a location in the shop's cockpit, then: connector jobs retry --reason %(reason)s (if it is "
    "parked again: enter the order in Afosto by hand, and drop this job)",
    "Give the pickup option a location in the shop's cockpit, then press “Retry”. If it is parked again, enter the "
    "order in Afosto by hand and press “Drop”.",
)
MAP_LOCATION = Advice(
    "See the locations of both sides: connector locations list %(store)s, then map it: connector locations map "
    "%(store)s %(place)s AFOSTO_ID (the orders parked for it run again)",
    "Open the store, press “Change the connection”, then “Channel and locations”, and choose the location of Afosto "
    "for this pickup point. The orders parked for it run again.",
)
DECIDE_ABOUT_PAYMENT = Advice(
    "Look at the payment in the shop. If it is paid, open the order %(order)s in Afosto, then: connector jobs retry "
    "%(job)s. If it is not, leave it: the next payment state is read by itself",
    "Look at the payment in the shop. If it is paid, open the order %(order)s in Afosto, then press “Retry”. If it is "
    "not, leave it: the next payment state is read by itself.",
)
CANCEL_OR_SEND = Advice(
    "If the buyer will not pay, cancel the order in the shop; if the goods are to be sent all the same: connector jobs "
    "drop %(job)s",
    "If the buyer will not pay, cancel the order in the shop. If the goods are to be sent all the same, press “Drop”.",
)
CHANGE_BY_HAND = Advice(
    "Make the change in Afosto by hand, then: connector jobs drop %(job)s",
    "Make the change in Afosto by hand, then press “Drop”.",
)
COMPARE_TOTALS = Advice(
    "Compare prices and taxes, or accept: connector store resume %(store)s --totals accept",
    "Compare prices and taxes. To accept the difference, open the store, press “Change the connection” and choose what "
    "happens when the totals differ.",
)
FIND_OUT_FIRST = Advice(
    "Find out with: connector jobs retry %(job)s, and then retry this job; or do in Afosto by hand what is missing "
    "there, and drop this job.",
    "Do in Afosto by hand what is missing there, then press “Drop”; or ask the operator of the connector to find out "
    "with job %(job)s.",
)
RETRY_FIXED_VERSION = Advice(
    "this is a fault of the connector: send its developers the traceback, which is in the worker's log. With a version "
    "that fixes it: connector jobs retry --reason %(reason)s",
    "This is a fault of the connector: tell its operator. With a version that fixes it, press “Retry”.",
)
SEE_WHAT_WAS_TRIED = Advice(
    "See what was tried: connector jobs show ID; mend the cause, then: connector jobs retry --reason keeps-failing",
    "See on the order's page what was tried, remove the cause, then press “Retry”.",
)
SEE_WHY_HOLDER_DIES = Advice(
    "look in the worker's log for the time of the last attempt, then: connector jobs retry --reason holder-dies",
    "Ask the operator of the connector to look into the worker's log, then press “Retry”.",
)
SEE_WHAT_WAS_REFUSED = Advice(
    "Look in the worker's log for the job's order: it has what could not be written down. Correct the cause, then: "
    "connector jobs retry --reason not-written-down",
    "Ask the operator of the connector: the worker's log has what could not be written down. When the cause is "
    "corrected, press “Retry”.",
)
LOOK_FOR_RESTORED = Advice(
    "Look for each in Afosto. If it is there: connector restore link %(store)s ORDER AFOSTO_ID; if not: connector "
    "restore release %(store)s ORDER. Which they are: connector restore list --store %(store)s",
    "Look for it in Afosto, and tell the operator of the connector whether it is there: the operator links it, or has "
    "it imported.",
)
CHECK_SCHEMA = Advice(
    "Compare our documents with the real schema: connector afosto check-schema --introspect",
    "Tell the operator of the connector: Afosto has changed what it understands.",
)

# A store, its flows and its connection.
NEW_APP = Advice(
    "Make a new app in the shop's cockpit and enter it; for a store that is connected already: connector store "
    "credentials STORE --client-id ID",
    "Make a new app in the shop's cockpit and enter it; for a store that is connected already, open the store and "
    "press “Change the connection”.",
)
NEW_AFOSTO_KEY = Advice(
    "Make a new key in Afosto under Settings > API and enter it; for a store that is connected already: connector "
    "store credentials STORE",
    "Make a new key in Afosto under Settings > API and enter it; for a store that is connected already, open the store "
    "and press “Change the connection”.",
)
CHECK_AFOSTO_ADDRESS = Advice(
    "Check CONNECTOR_AFOSTO_URL.", "Ask the operator of the connector to check the address of Afosto."
)
CHECK_SHOP_ADDRESS = Advice(
    "Check the store name, and the address of the shop's API: --base-url, or CONNECTOR_EPAGES_URL.",
    "Check the name of the store. If it is right, ask the operator of the connector to check the shop's address.",
)
TICK_BOX = Advice(
    "Tick the box in the shop's cockpit, then: connector store switch %(store)s %(flow)s on",
    "Tick the box in the shop's cockpit, then open the store and press “Check again” at the flow, or “Switch on” if it "
    "is off.",
)
TICK_AND_SWITCH_ON = Advice(
    "tick the box in the cockpit, then: connector store switch %(store)s %(flow)s on",
    "Tick the box in the shop's cockpit, then open the store and press “Check again” at the flow, or “Switch on” if it "
    "is off.",
)
LET_FLOW_RUN = Advice(
    "let it run, if that was not meant: connector store switch %(store)s %(flow)s on",
    "If that was not meant, open the store and press “Switch on” at the flow.",
)
RESUME_FLOW = Advice(
    "decide, then: connector store resume %(store)s --flow %(flow)s",
    "Decide, then open the store and press “Resume” at the flow.",
)
RESUME_STORE = Advice("resume it: connector store resume %(store)s", "Open the store and press “Resume”.")
OPEN_UNPAID = Advice(
    "nothing; to open such orders before they are paid: connector store switch %(store)s %(choice)s on",
    "Nothing. To open such orders before they are paid, open the store and press “Change the connection”.",
)
SEE_CURSORS = Advice("see what it has: connector poll %(store)s", "See at the store what is read.")
STORE_EXISTS = Advice(
    "look at it with: connector store show %(name)s; to give it other credentials: connector store credentials "
    "%(name)s",
    "Look for it in the list of stores. To give it other credentials, open it and press “Change the connection”.",
)
USE_OTHER_STORE = Advice(
    "use that one: connector store show %(other)s; if another shop was meant, correct NAME or --base-url",
    "Use that one: it is in the list of stores. If another shop was meant, correct the name of the store.",
)
SEE_STORES = Advice("see the connected ones with: connector store list", "See the list of stores.")
ENTER_SECRETS = Advice(
    "a stored secret fits none of the keys in CONNECTOR_KEYS; put the key it was written with back, or enter the "
    "secrets again: connector store credentials STORE",
    "A stored secret cannot be read. The operator of the connector must put the key back with which it was written, or "
    "the secrets must be entered again: open the store and press “Change the connection”.",
)

# Stock.
CONFIRM_STOCK = Advice(
    "See which: connector stock preview %(store)s; correct Afosto's levels if they are wrong, then: connector stock "
    "confirm %(store)s",
    "Open the store, press “Change the connection”, then “Preview of the stock”: it shows which. Correct Afosto's "
    "levels if they are wrong, then press “Publish the stock” there.",
)
CHOOSE_LOCATION = Advice(
    "choose it: connector locations sell-from %(store)s AFOSTO_ID",
    "Open the store, press “Change the connection”, then “Channel and locations”, and choose it there.",
)
NO_LOCATION = Advice(
    "it is not chosen which Afosto location's stock %(store)s sells; to choose it: connector locations sell-from "
    "%(store)s AFOSTO_ID",
    "It is not chosen which location's stock the store sells. Open the store, press “Change the connection”, then "
    "“Channel and locations”, and choose it there.",
)
SEE_WHY_NOT_RAISED = Advice(
    "Nothing: it is raised once that shop answers. See why it does not: connector status",
    "Nothing: it is raised once that shop answers. The list of stores says why it does not.",
)

# Both sides compared.
RETRY_DROPPED = Advice(
    "correct it by hand, or run the job after all: connector jobs retry %(id)s",
    "Correct it by hand, or ask the operator of the connector to run job %(id)s after all.",
)
CANCEL_COPY = Advice(
    "cancel %(number)s in Afosto; then this order is imported by --repair",
    "Cancel %(number)s in Afosto; then this order can be imported.",
)
FIND_ORDER = Advice("look for it with: connector order %(store)s NUMBER", "Search for it by its number.")

MAKE_ANOTHER_DRAFT = Advice(
    "it is a draft; to make another: connector restore release %(store)s %(order)s",
    "it is a draft; the operator of the connector can have another one made",
)

# People, tokens, webhooks, messages.
SEE_TOKENS = Advice("see them with: connector tokens list", "See the list of tokens.")
OTHER_TOKEN_NAME = Advice(
    "choose another name, or revoke that one: connector tokens revoke %(name)s",
    "Choose another name, or revoke that token.",
)
END_OLD_TOKEN = Advice(
    "give the system its newer token, then end the old one: connector tokens rotate %(name)s --finish",
    "Give the system its newer token, then end the old one.",
)
SEE_SUBSCRIPTIONS = Advice("see them with: connector subscription list", "See the list of subscriptions.")
PUBLIC_ADDRESS = Advice(
    "use a public address, or let the operator add it with: --trust-url",
    "Use a public address, or ask the operator of the connector to add this one.",
)
FINISH_ROTATION = Advice(
    "give Afosto the newer one, then: connector webhooks rotate %(endpoint)s --finish",
    "Give Afosto the newer one, then drop the old one.",
)
SEE_ENDPOINTS = Advice("see the endpoints with: connector webhooks list", "See the list of webhooks.")
SEE_INVITATIONS = Advice("see the invitations with: connector invitations list", "See the list of invitations.")
OTHER_USER_NAME = Advice(
    "choose another name, or give that one a new password: connector user password %(name)s",
    "Choose another name, or give that user a new password.",
)
SEE_USERS = Advice("see the users with: connector user list", "See the list of users.")
SEE_MESSAGES = Advice(
    "choose one as connector messages list shows it", "Ask the operator of the connector to look at the messages."
)
SEE_RESTORED = Advice(
    "see the orders that wait for a decision: connector restore list",
    "Ask the operator of the connector which orders wait for a decision.",
)

# The form with the command → the one for the console.
IN_CONSOLE: Mapping[str, str] = {
    each.command: each.console for each in list(vars().values()) if isinstance(each, Advice)
}
