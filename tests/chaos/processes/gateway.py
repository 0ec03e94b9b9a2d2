"""The gateway under test, `python -m tests.chaos.processes.gateway …`: the product's own, with points to kill it at."""

from gateway.__main__ import main
from tests.chaos.processes.kill_points import install

if __name__ == "__main__":
    install()
    main()
