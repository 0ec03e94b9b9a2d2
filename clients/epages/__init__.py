"""The REST API of an ePages Beyond shop."""

from clients.epages.client import EpagesClient
from clients.epages.stock import PRODUCT_PAGE

__all__ = ["PRODUCT_PAGE", "EpagesClient"]
