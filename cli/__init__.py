"""The command line `connector`."""

import click

from cli import local_commands
from cli.common import ConnectorGroup
from cli.operations import (
    afosto_schema,
    doctor,
    health,
    messages,
    migrate_and_keys,
    queues,
    size,
    status,
    subscriptions,
    tokens,
    workers,
)
from cli.orders import erase, jobs, order, reconcile, restore
from cli.people import invite, user
from cli.serving import console, exporter, gateway
from cli.stock import stock
from cli.stores import locations, poll, store, webhooks


@click.group(cls=ConnectorGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="epages-afosto-connector", prog_name="connector")
def main() -> None:
    """Keep ePages Beyond web shops and Afosto in step.

    Settings come from CONNECTOR_* environment variables; `connector doctor` shows and checks them.

    Exit codes: 0 all is well, 1 something is wrong, 2 wrong usage or configuration.
    """


main.add_command(store.store)
main.add_command(locations.locations)
main.add_command(poll.poll)
main.add_command(reconcile.reconcile)
main.add_command(status.status)
main.add_command(workers.workers)
main.add_command(jobs.jobs)
main.add_command(order.order)
main.add_command(erase.erase)
main.add_command(stock.stock)
main.add_command(messages.messages)
main.add_command(queues.queues)
main.add_command(size.size)
main.add_command(restore.restore)
main.add_command(migrate_and_keys.migrate)
main.add_command(gateway.gateway)
main.add_command(console.console)
main.add_command(exporter.exporter)
main.add_command(user.user)
main.add_command(invite.invite)
main.add_command(invite.invitations)
main.add_command(webhooks.webhooks)
main.add_command(tokens.tokens)
main.add_command(subscriptions.subscription)
main.add_command(doctor.doctor)
main.add_command(health.health)
main.add_command(migrate_and_keys.keys)
main.add_command(local_commands.local)
main.add_command(local_commands.demo)
main.add_command(afosto_schema.afosto)
