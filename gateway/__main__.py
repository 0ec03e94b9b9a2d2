"""`python -m gateway` (started by `connector gateway`): the application in gunicorn, with processes and threads."""

import os

import click

from gateway.app import create_app
from gateway.runtime import build_runtime
from jobs.logs import set_up_logs
from schemas.settings import load_settings
from serving.metrics import offer_metrics
from serving.server import Served, serve
from tracing.start import start_traces


@click.command()
@click.option("--host", required=True)
@click.option("--port", required=True, type=int)
@click.option("--workers", required=True, type=int)
@click.option("--threads", required=True, type=int)
def main(host: str, port: int, workers: int, threads: int) -> None:
    """Serve until stopped."""
    settings = load_settings(os.environ)
    set_up_logs(settings)

    def build() -> Served:
        start_traces("connector-gateway", os.environ)
        runtime = build_runtime(settings)
        end_metrics = offer_metrics(settings, runtime.ledger, "gateway")

        def close() -> None:
            end_metrics()
            runtime.close()

        return Served(create_app(runtime), close)

    serve(build, "connector-gateway", f"{host}:{port}", workers, threads)


if __name__ == "__main__":
    main()
