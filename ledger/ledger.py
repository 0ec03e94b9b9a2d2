"""The ledger as one object: all repositories of one database."""

from ledger.inbound.api_tokens import Tokens
from ledger.inbound.set_aside_messages import SetAside
from ledger.inbound.webhooks import Webhooks
from ledger.jobs.beats import Beats
from ledger.jobs.dispatch_window import DispatchWindow
from ledger.jobs.jobs import Jobs
from ledger.jobs.parked import Parked
from ledger.metrics_addresses import MetricsAddresses
from ledger.orders.comparison import Comparing
from ledger.orders.cursors import Cursors
from ledger.orders.kept_comparisons import KeptComparisons
from ledger.orders.life import Lives
from ledger.orders.links import Links
from ledger.orders.order_documents import OrderDocuments
from ledger.orders.recovery import Restores
from ledger.orders.scans import Scans
from ledger.outgoing.subscriptions import Subscriptions
from ledger.people.audit import Audit
from ledger.people.invitations import Invitations
from ledger.people.user_sessions import UserSessions
from ledger.people.users import Users
from ledger.postgres.database import Database
from ledger.postgres.encryption import KeySet
from ledger.retention import Retention
from ledger.search import Search
from ledger.stock.sold_units import SoldUnits
from ledger.stock.stock import Stock
from ledger.stores.connection_drafts import ConnectionDrafts
from ledger.stores.freshness import Freshness
from ledger.stores.stores import Stores
from ledger.stores.tenants import Tenants

# Seconds that a shipment, return or cancellation waits for its order when nothing makes it due earlier.
ORDER_WAIT = 60.0


class Ledger:
    """What is wanted and what is done."""

    def __init__(self, database: Database, keys: KeySet) -> None:
        self.database = database
        self.stores = Stores(database, keys)
        self.tenants = Tenants(database, keys)
        self.order_documents = OrderDocuments(database, keys)
        self.jobs = Jobs(database, self.stores, self.order_documents)
        self.links = Links(database)
        self.cursors = Cursors(database, self.order_documents, ORDER_WAIT)
        self.dispatch_window = DispatchWindow(database)
        self.beats = Beats(database)
        self.scans = Scans(database)
        self.webhooks = Webhooks(database, keys)
        self.tokens = Tokens(database)
        self.subscriptions = Subscriptions(database, keys)
        self.sold_units = SoldUnits(database)
        self.stock = Stock(database)
        self.retention = Retention(database)
        self.comparing = Comparing(database)
        self.comparisons = KeptComparisons(database)
        self.restores = Restores(database)
        self.set_aside = SetAside(database)
        self.parked = Parked(database)
        self.metrics_addresses = MetricsAddresses(database)
        self.lives = Lives(database)
        self.search = Search(database)
        self.freshness = Freshness(database)
        self.users = Users(database)
        self.user_sessions = UserSessions(database, keys)
        self.audit = Audit(database)
        self.invitations = Invitations(database, keys, self.users)
        self.connection_drafts = ConnectionDrafts(database, keys)

    def close(self) -> None:
        """Close all connections."""
        self.database.close()
