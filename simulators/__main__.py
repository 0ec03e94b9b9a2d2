"""A simulated vendor as a process: `python -m simulators epages --port P`, `python -m simulators afosto --port P`."""

from importlib import import_module

import click

from simulators import server


@click.group()
def main() -> None:
    """Run one of the simulated vendors; its `control_api` module describes its commands."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, required=True)
def epages(host: str, port: int) -> None:
    """Serve ePages shops at http://HOST:PORT/STORE/api."""
    _run("simulators.epages.app", host, port)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, required=True)
def afosto(host: str, port: int) -> None:
    """Serve Afosto tenants at http://HOST:PORT/graphql."""
    _run("simulators.afosto.app", host, port)


def _run(module: str, host: str, port: int) -> None:
    # Import by name: neither simulator needs the other's libraries.
    app = import_module(module).create_app()
    try:
        server.run(app, host, port)
    except OSError as error:
        # Python adds the address in brackets to the text.
        why = str(error.strerror).partition(" (")[0]
        raise click.ClickException(f"cannot listen on {host}:{port}: {why}") from None


if __name__ == "__main__":
    main(prog_name="python -m simulators")
