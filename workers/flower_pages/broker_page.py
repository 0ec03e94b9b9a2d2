"""Flower's page of the broker says that it shows the dispatch window, and where the backlog is."""

from pathlib import Path
from typing import Any

from flower.urls import handlers
from flower.views.broker import BrokerView

_TEMPLATE = Path(__file__).parent / "templates" / "broker.html"


class Page(BrokerView):
    """Flower's own page below a note."""

    def render(self, template_name: str, *arguments: Any, **values: Any) -> None:
        """Render the page with the note; Flower's pages of errors stay as they are."""
        shown = str(_TEMPLATE) if template_name == "broker.html" else template_name
        super().render(shown, *arguments, **values)


def add_note() -> None:
    """Make Flower show this page in this process."""
    for handler in handlers:
        if getattr(handler, "handler_class", None) is BrokerView:
            handler.handler_class = handler.target = Page
