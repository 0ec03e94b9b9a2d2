"""Why something needs a person: a short stable word each, by which jobs are listed, retried and dropped.

`docs/operating.md` says of each what is wrong and what to do. Where the shop refuses a call, the reason is the shop's
own `errorId`, which is not listed here.
"""

from enum import StrEnum


class Reason(StrEnum):
    """Why a job is parked, blocked or dropped, a flow is stopped, a store is unhealthy, or a command is refused."""

    # A store is unhealthy: its address, its credentials, its vendors, or a fault of the connector.
    DOES_NOT_ANSWER = "does-not-answer"
    WRONG_CREDENTIALS = "wrong-credentials"
    WRONG_AFOSTO_KEY = "wrong-afosto-key"
    REVOKED_CLIENT = "revoked-client"
    UNKNOWN_STORE = "unknown-store"
    BAD_ADDRESS = "bad-address"
    REDIRECTED = "redirected"
    UNEXPECTED_ERROR = "unexpected-error"

    # A flow is stopped; it also stops for the reason that the first jobs of a store are parked for.
    STOCK_TO_CONFIRM = "stock-to-confirm"
    STOCK_TO_ZERO = "stock-to-zero"

    # A job is parked: what the credentials may not do, what a document says, what the two sides did.
    MISSING_SCOPE = "missing-scope"
    MISSING_AFOSTO_SCOPE = "missing-afosto-scope"
    MALFORMED_DOCUMENT = "malformed-document"
    DRIFT = "drift"
    REFUSED_BY_AFOSTO = "refused-by-afosto"
    SCHEMA_MISMATCH = "schema-mismatch"
    TOTALS_DIFFER = "totals-differ"
    UNKNOWN_PAYMENT_STATE = "unknown-payment-state"
    PAYMENT_WITHDRAWN = "payment-withdrawn"
    LOCATION_NOT_MAPPED = "location-not-mapped"
    NO_PICKUP_LOCATION = "no-pickup-location"
    CHANGED_AFTER_IMPORT = "changed-after-import"
    CANCEL_CONFLICT = "cancel-conflict"
    SHIP_CONFLICT = "ship-conflict"
    RETURN_CONFLICT = "return-conflict"
    FULL_REFUND_ONLY = "full-refund-only"
    FOREIGN_UNIT = "foreign-unit"
    UNKNOWN_STATUS = "unknown-status"
    ORDER_GONE = "order-gone"
    PARCEL_GONE = "parcel-gone"
    PROCESS_GONE = "process-gone"
    UNIT_GONE = "unit-gone"
    ACTIONS_STUCK = "actions-stuck"
    KEEPS_FAILING = "keeps-failing"
    NOT_FOUND = "not-found"
    NO_LOCATION_MAPPED = "no-location-mapped"
    DROPPED_UNSURE = "dropped-unsure"
    HOLDER_DIES = "holder-dies"
    NOT_WRITTEN_DOWN = "not-written-down"
    UNKNOWN_ORDER = "unknown-order"
    BAD_MESSAGE = "bad-message"
    RESTORED = "restored"

    # A job waits for another one of its order, or is done as it was.
    BLOCKED = "blocked"
    DROPPED = "dropped"
    ORDER_DROPPED = "order-dropped"

    # A command is refused; its own message says what to do.
    STORE_EXISTS = "store-exists"
    TOKEN_EXISTS = "token-exists"  # noqa: S105 - no token, a reason
    SHOP_CONNECTED_ALREADY = "shop-connected-already"
    UNKNOWN_CHANNEL = "unknown-channel"
    OTHER_TENANT = "other-tenant"
    UNKNOWN_SUBSCRIPTION = "unknown-subscription"
    UNKNOWN_SKU = "unknown-sku"
    UNKNOWN_TOKEN = "unknown-token"  # noqa: S105 - no token, a reason
    UNKNOWN_ENDPOINT = "unknown-endpoint"
    UNKNOWN_LOCATION = "unknown-location"
    UNKNOWN_JOB = "unknown-job"
    UNKNOWN_MESSAGE = "unknown-message"
    NO_SUCH_JOB = "no-such-job"
    NO_SUCH_WORKER = "no-such-worker"
    NO_SUCH_QUEUE = "no-such-queue"
    OWN_QUEUE = "own-queue"
    NO_CURSOR = "no-cursor"
    PAUSED = "paused"
    TWO_SECRETS = "two-secrets"
    TWO_TOKENS = "two-tokens"
    STILL_RUNNING = "still-running"
    WORKER_ALIVE = "worker-alive"
    NOT_HELD = "not-held"
    USER_EXISTS = "user-exists"
    UNKNOWN_USER = "unknown-user"
    UNFIT_USER_NAME = "unfit-user-name"
    WEAK_PASSWORD = "weak-password"  # noqa: S105 - no password, a reason
    NOT_INVITED = "not-invited"
    NOT_THIS_ORDER = "not-this-order"
