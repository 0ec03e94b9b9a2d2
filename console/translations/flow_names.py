"""The names of the flows in the pages."""

from collections.abc import Mapping

from flask_babel import lazy_gettext

FLOWS: Mapping[str, str] = {
    "orders.import": lazy_gettext("Import orders"),
    "cancellations.import": lazy_gettext("Import cancellations"),
    "shipments.import": lazy_gettext("Import shipments"),
    "returns.import": lazy_gettext("Import returns"),
    "cancellations.export": lazy_gettext("Export cancellations"),
    "shipments.export": lazy_gettext("Export shipments"),
    "returns.export": lazy_gettext("Export returns"),
    "broken.export": lazy_gettext("Export rejected returns"),
    "inventory.publish": lazy_gettext("Publish stock"),
    "orders.look": lazy_gettext("Detect changes"),
}
