"""Documents of the ePages Beyond API: what they look like here, and how they are read from its JSON."""

from schemas.epages.documents import (
    Address,
    Fee,
    LineItem,
    Location,
    Order,
    OrderPage,
    OrderRow,
    Process,
    ProcessLine,
    Token,
)
from schemas.epages.loaders import (
    PROCESS_KEYS,
    load_locations,
    load_order,
    load_order_page,
    load_process,
    load_process_comments,
    load_processes,
    load_token,
)
from schemas.fields import format_time, parse_time

__all__ = [
    "PROCESS_KEYS",
    "Address",
    "Fee",
    "LineItem",
    "Location",
    "Order",
    "OrderPage",
    "OrderRow",
    "Process",
    "ProcessLine",
    "Token",
    "format_time",
    "load_locations",
    "load_order",
    "load_order_page",
    "load_process",
    "load_process_comments",
    "load_processes",
    "load_token",
    "parse_time",
]
