"""All calls to an ePages Beyond shop that the connector makes, in one client."""

from clients.epages.orders import OrderCalls
from clients.epages.processes import ProcessCalls
from clients.epages.stock import StockCalls
from schemas.epages import Location, load_locations


class EpagesClient(OrderCalls, ProcessCalls, StockCalls):
    """One shop."""

    def scopes(self) -> frozenset[str]:
        """Return what the token may do."""
        return self._token(False).scopes

    def locations(self) -> tuple[Location, ...]:
        """Return the shop's locations (scope loca:r)."""
        return load_locations(self._get("/shop/locations").document)
