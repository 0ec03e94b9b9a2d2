"""`python -m simulators epages --port P` and `python -m simulators afosto --port P`: a simulated vendor as a process."""

import click

from simulators import server


@click.group()
def main() -> None:
    """Run one of the simulated vendors; see the control API in its `control_api` module."""


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, required=True)
def epages(host: str, port: int) -> None:
    """Serve ePages shops at http://HOST:PORT/STORE/api."""
    # Imported only when asked for: neither simulator needs the other's libraries.
    from simulators.epages.app import create_app

    server.run(create_app(), host, port)


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=int, required=True)
def afosto(host: str, port: int) -> None:
    """Serve Afosto tenants at http://HOST:PORT/graphql."""
    from simulators.afosto.app import create_app

    server.run(create_app(), host, port)


if __name__ == "__main__":
    main(prog_name="python -m simulators")
