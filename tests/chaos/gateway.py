"""The gateway under test, `python -m tests.chaos.gateway …`: the product's own, killable at named points."""

from gateway.__main__ import main
from tests.chaos.points import install

if __name__ == "__main__":
    install()
    main()
