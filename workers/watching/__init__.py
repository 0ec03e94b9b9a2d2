"""Flower, as operators of the connector need it: `celery -A workers.watching flower`."""

from workers.watching.app import app

__all__ = ["app"]
