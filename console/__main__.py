"""`python -m console` (started by `connector console`): the application in gunicorn, with processes and threads."""

import os

import click

from console.app import Access, create_app
from console.runtime import build_runtime
from jobs.logs import set_up_logs
from schemas.settings import load_settings
from serving.metrics import offer_metrics
from serving.server import Served, serve

WORKERS, THREADS = 2, 8


@click.command()
@click.option("--bind", required=True)
@click.option("--plain-http", is_flag=True)
@click.option("--behind-proxy", is_flag=True)
def main(bind: str, plain_http: bool, behind_proxy: bool) -> None:
    """Serve until stopped."""
    settings = load_settings(os.environ)
    set_up_logs(settings)

    def build() -> Served:
        runtime = build_runtime(settings)
        end_metrics = offer_metrics(settings, runtime.ledger, "console")

        def close() -> None:
            end_metrics()
            runtime.close()

        return Served(create_app(runtime, Access(plain_http, behind_proxy)), close)

    serve(build, "connector-console", bind, WORKERS, THREADS)


if __name__ == "__main__":
    main()
