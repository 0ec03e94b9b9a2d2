"""The Celery application of Flower: `celery -A workers.watching flower`.

It knows only the broker. Flower shows tasks to people: it needs neither the keys of the secrets nor the database.
"""

import os
from collections.abc import Mapping
from typing import NoReturn

import click
from celery import Celery
from celery.signals import import_modules

from schemas.errors import ConfigurationError
from schemas.server_addresses import read_address
from schemas.settings import load_setting
from schemas.wording.display import visible_lines
from tasks.broker.address import broker_conf
from workers import broker
from workers.flower_pages.broker_page import add_note
from workers.flower_pages.columns import add_columns
from workers.flower_pages.options import require_free_port, require_sign_in, set_defaults
from workers.flower_pages.worker_figures import limit_figures

# Seconds. Every listener at a Redis delivers again what was not acknowledged for this long.
# Only the workers shall do that.
_NEVER = 10 * 365 * 86_400
_REDIS = {"visibility_timeout": _NEVER, "socket_keepalive": True, "health_check_interval": 10}


def create_app(environ: Mapping[str, str]) -> Celery:
    """Build an application without tasks. Raises ConfigurationError when the broker's address is missing or wrong."""
    broker.register()
    watched = Celery("connector")
    watched.config_from_object("celeryconfig")
    url = load_setting(environ, "broker_url")
    watched.conf.update(broker_conf(url, _REDIS if read_address(url).is_redis else {}))
    return watched


def _created() -> Celery:
    """Build it, or end the process with one sentence: Celery would print a traceback."""
    try:
        return create_app(os.environ)
    except ConfigurationError as error:
        _end(error)


def _check(**_: object) -> None:
    """Check Flower's options: it has read them all when it sends this signal, and does not listen yet."""
    try:
        require_sign_in()
        require_free_port()
    except ConfigurationError as error:
        _end(error)


def _end(error: ConfigurationError) -> NoReturn:
    click.echo(visible_lines(f"Error: {error}"), err=True)
    raise SystemExit(2) from None


set_defaults()
add_columns()
add_note()
limit_figures()

app = _created()
import_modules.connect(_check, sender=app)
