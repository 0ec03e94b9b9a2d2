"""The gateway under test, `python -m tests.chaos.gateway …`: the product's own, with points to kill it at."""

from gateway.__main__ import main
from tests.chaos.points import install

if __name__ == "__main__":
    install()
    main()
