"""One client with all calls that the connector makes to an ePages Beyond shop."""

from clients.epages.orders import OrderCalls
from clients.epages.processes import ProcessCalls
from clients.epages.stock import StockCalls
from schemas.epages import Location, load_locations


class EpagesClient(OrderCalls, ProcessCalls, StockCalls):
    """The client of one shop."""

    def scopes(self) -> frozenset[str]:
        """Return the scopes of the token."""
        return self._token(False).scopes

    def locations(self) -> tuple[Location, ...]:
        """Return the shop's locations (scope loca:r)."""
        return load_locations(self._get("/shop/locations").document)
