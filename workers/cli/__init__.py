"""The command line `connector`."""

import click

from workers.cli import (
    afosto,
    doctor,
    gateway,
    jobs,
    local,
    locations,
    messages,
    operate,
    orders,
    poll,
    queues,
    reconcile,
    restore,
    status,
    stock,
    stores,
    tokens,
    webhooks,
    workers,
)
from workers.cli.frame import ConnectorGroup


@click.group(cls=ConnectorGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="epages-afosto-connector", prog_name="connector")
def main() -> None:
    """Keep ePages Beyond web shops and Afosto in step.

    Settings come from CONNECTOR_* environment variables; `connector doctor` shows and checks them.

    Exit codes: 0 all is well, 1 something is wrong, 2 wrong usage or configuration.
    """


main.add_command(stores.store)
main.add_command(locations.locations)
main.add_command(poll.poll)
main.add_command(reconcile.reconcile)
main.add_command(status.status)
main.add_command(workers.workers)
main.add_command(jobs.jobs)
main.add_command(orders.order)
main.add_command(stock.stock)
main.add_command(messages.messages)
main.add_command(queues.queues)
main.add_command(restore.restore)
main.add_command(operate.migrate)
main.add_command(gateway.gateway)
main.add_command(webhooks.webhooks)
main.add_command(tokens.tokens)
main.add_command(doctor.doctor)
main.add_command(operate.keys)
main.add_command(local.local)
main.add_command(local.demo)
main.add_command(afosto.afosto)
