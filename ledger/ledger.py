"""The ledger as one object: all repositories of one database."""

from ledger.comparing import Comparing
from ledger.cursors import Cursors
from ledger.database import Database
from ledger.front import DispatchWindow
from ledger.held import SoldUnits
from ledger.jobs import Jobs
from ledger.keys import KeySet
from ledger.links import Links
from ledger.restores import Restores
from ledger.retention import Retention
from ledger.set_aside import SetAside
from ledger.stock import Stock
from ledger.stores import Stores
from ledger.tenants import Tenants
from ledger.tokens import Tokens
from ledger.walks import Walks
from ledger.webhooks import Webhooks

# Seconds that a shipment, return or cancellation waits for its order when nothing makes it due earlier.
ORDER_WAIT = 60.0


class Ledger:
    """What is wanted and what is done."""

    def __init__(self, database: Database, keys: KeySet) -> None:
        self.database = database
        self.stores = Stores(database, keys)
        self.tenants = Tenants(database, keys)
        self.jobs = Jobs(database, self.stores)
        self.links = Links(database)
        self.cursors = Cursors(database, ORDER_WAIT)
        self.dispatch_window = DispatchWindow(database)
        self.walks = Walks(database)
        self.webhooks = Webhooks(database, keys)
        self.tokens = Tokens(database)
        self.sold_units = SoldUnits(database)
        self.stock = Stock(database)
        self.retention = Retention(database)
        self.comparing = Comparing(database)
        self.restores = Restores(database)
        self.set_aside = SetAside(database)

    def close(self) -> None:
        """Close all connections."""
        self.database.close()
