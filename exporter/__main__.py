"""`python -m exporter` (started by `connector exporter`): one process that reads the fleet and answers Prometheus."""

import os

import click

from exporter.app import create_app
from exporter.collecting import Fleet
from exporter.runtime import build_runtime
from jobs.logs import set_up_logs
from schemas.settings import load_settings
from serving.server import Served, serve

# More processes would read everything as often.
PROCESSES, THREADS = 1, 4


@click.command()
@click.option("--bind", required=True)
def main(bind: str) -> None:
    """Serve until stopped."""
    settings = load_settings(os.environ)
    set_up_logs(settings)

    def build() -> Served:
        runtime = build_runtime(settings)
        fleet = Fleet(runtime.parts())
        fleet.start()
        return Served(create_app(runtime, fleet), runtime.close)

    serve(build, "connector-exporter", bind, PROCESSES, THREADS)


if __name__ == "__main__":
    main()
