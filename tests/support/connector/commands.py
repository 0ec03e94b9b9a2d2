"""The command line as a person uses it, on a store whose jobs a test runs itself."""

from click.testing import CliRunner, Result

from cli import main
from tests.support.connector.driver import Driver
from tests.support.connector.stock_world import StockWorld


class Commands:
    """Runs `connector …` with the variables of a driver's world."""

    def __init__(self, driver: Driver | StockWorld) -> None:
        self._env = dict(driver.world.env)
        self.store = driver.store

    def __call__(self, *arguments: str, given: str | None = None, **env: str) -> Result:
        return CliRunner().invoke(main, list(arguments), env={**self._env, **env}, input=given)
