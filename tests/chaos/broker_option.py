"""The option by which chaos and the fleet choose their broker."""

import click

from tests.chaos.servers import Broker

broker_option = click.option(
    "--broker",
    type=click.Choice([broker.value for broker in Broker]),
    default=Broker.REDIS.value,
    show_default=True,
    help="The server that carries the tasks.",
)
