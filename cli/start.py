"""Where the command `connector` begins."""

import signal


def main() -> None:
    """Load the command line and run it.

    Ctrl-C while it is loading ends the process as it would end any other, and not with a traceback.
    """
    handler = signal.getsignal(signal.SIGINT)
    if handler is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from cli import main as command  # noqa: PLC0415 - takes a moment, in which Ctrl-C may come
    from cli.screen import guard_the_rest  # noqa: PLC0415 - the same

    guard_the_rest()
    signal.signal(signal.SIGINT, handler)
    command(prog_name="connector")


if __name__ == "__main__":
    main()
