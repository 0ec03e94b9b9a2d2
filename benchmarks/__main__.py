"""Run benchmarks and write their results into docs/figures.md: `python -m benchmarks [NAME …] [OPTION …]`.

Without a name all run, one after another. Options are those of the named benchmark. A benchmark is a module with `NAME`
and `main(argv)`, which prints Markdown or plain lines on standard output and returns an exit code. MODULES lists them.
"""

import io
import os
import platform
import re
import shlex
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stdout
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from types import ModuleType

import click

from benchmarks.measure.statistics import table
from local.servers.guard import give_children_default_signals
from local.servers.stop_signals import INTERRUPTED, graceful_stop

# Name → folder, in the order of the page.
MODULES = {
    "throughput": "comparisons",
    "export_throughput": "comparisons",
    "brokers": "comparisons",
    "pools": "comparisons",
    "idle": "suite",
    "fairness": "comparisons",
    "limits": "suite",
    "growth": "suite",
    "memory": "suite",
    "first_import": "suite",
    "calls": "suite",
    "export_latency": "suite",
    "large_orders": "suite",
    "webhooks": "suite",
    "stock_burst": "suite",
    "trading": "suite",
    "console_pages": "scale",
    "exporter_readings": "scale",
    "many_stores": "scale",
    "month": "scale",
    "evening": "scale",
    "crowded_stock": "scale",
    "autoscaler": "scale",
    "sizing": "scale",
}
PAGE = Path(__file__).parent.parent / "docs" / "figures.md"
HEAD = """# Figures

Results of `make bench`, `make chaos` and `make soak`, each part with its command, machine and date.
[benchmarks/](../benchmarks/README.md) explains each benchmark. The machines differed: compare figures within one part,
not between parts.
"""
# The demo prints how one signs in to its console.
_PASSWORD = re.compile(r"(password: )\S+")


class _Tee(io.StringIO):
    """Keeps what is written, and also prints it at once."""

    def __init__(self, shown: io.TextIOBase) -> None:
        super().__init__()
        self._shown = shown

    def write(self, text: str) -> int:
        self._shown.write(text)
        self._shown.flush()
        return super().write(text)


def main(words: list[str]) -> int:
    """Run the named benchmarks, or all.

    The exit code is 1 if one of them missed its aim, 2 if one is not known, 130 if it was stopped before the end.
    """
    names = []
    while words and not words[0].startswith("-"):
        names.append(words.pop(0))
    if not names and {"-h", "--help"} & {*words}:
        click.echo(_help())
        return 0
    unknown = [name for name in names if name not in MODULES]
    if unknown:
        click.echo(f"There is no benchmark called {', '.join(unknown)}; there are: {', '.join(MODULES)}", err=True)
        return 2
    if words and len(names) != 1:
        click.echo(f"{words[0]} belongs to one benchmark: python -m benchmarks NAME {shlex.join(words)}", err=True)
        return 2
    try:
        with graceful_stop():
            return max(_run(load(name), words) for name in names or MODULES)
    except KeyboardInterrupt:
        click.echo("Stopped; nothing keeps running, and nothing of this benchmark was written.", err=True)
        return INTERRUPTED


def load(name: str) -> ModuleType:
    """Import the module of a benchmark."""
    return import_module(f"benchmarks.{MODULES[name]}.{name}")


def _help() -> str:
    width = max(map(len, MODULES))
    listed = [f"  {name:{width}}  {_question(load(name))}" for name in MODULES]
    return "\n".join(
        [
            "Usage: python -m benchmarks [NAME …] [OPTION …]\n",
            "Runs the named benchmarks, or all, and writes their results into docs/figures.md:\n",
            *listed,
            "\nThe options of one: python -m benchmarks NAME --help",
        ]
    )


def _question(module: ModuleType) -> str:
    return (module.__doc__ or "").splitlines()[0]


def _run(module: ModuleType, options: list[str]) -> int:
    command = shlex.join(["python", "-m", "benchmarks", module.NAME, *options])
    click.echo(f"\n=== {command} ===", err=True)
    began = datetime.now(UTC)
    tee = _Tee(sys.stdout)  # type: ignore[arg-type] # a text stream all the same
    with redirect_stdout(tee):
        code = int(module.main(options))
    shown = _PASSWORD.sub(r"\1…", tee.getvalue())
    _save(module.NAME, "\n".join(_part(module, command, began, code, shown)))
    return code


def _part(module: ModuleType, command: str, at: datetime, code: int, text: str) -> Iterator[str]:
    yield f"## {module.NAME}\n"
    yield f"{_question(module)}\n"
    result = _result(code, text)
    yield f"`{command}` · {_machine()} · {at:%Y-%m-%d %H:%M} UTC · {result}\n"
    # Without a code block, plain lines would become one paragraph.
    yield text.strip() if "| ---" in text else f"```\n{text.strip()}\n```"
    yield ""


def _result(code: int, text: str) -> str:
    if code == 0:
        return "every aim reached"
    missed = text.count("- MISSED: ")
    return f"{missed} aims missed" if missed > 1 else "an aim missed"


def _machine() -> str:
    model = re.search(r"model name\s*: (.+)", _read(Path("/proc/cpuinfo")))
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parts = [f"{cores} cores", model[1] if model else platform.machine(), f"Python {platform.python_version()}"]
    return ", ".join(parts)


def _read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def _save(name: str, part: str) -> None:
    """Replace the part of an earlier run. The parts stand in the order of MODULES, then those that are no benchmark."""
    found = {_title(text): text for text in _parts(_read(PAGE))}
    found[name] = part
    order = [*MODULES, *(each for each in found if each not in MODULES)]
    parts = [found[each] for each in order if each in found]
    PAGE.write_text("\n".join(f"{text.strip()}\n" for text in (HEAD, _overview(parts), *parts)))


def _overview(parts: Sequence[str]) -> str:
    rows = [(f"[{_title(each)}](#{_title(each)})", *_question_and_result(each)) for each in parts]
    return re.sub("---:", "---", table(["Part", "Question", "Last run"], rows))


def _question_and_result(part: str) -> tuple[str, str]:
    """Return the question of a part, and the date and result of its last run."""
    _, question, command = part.split("\n\n")[:3]
    at = re.search(r"\d{4}-\d\d-\d\d", command)
    result = re.search(r"every aim reached|(an aim|\d+ aims) missed", command)
    return question, ", ".join(found[0] for found in (at, result) if found)


def _parts(page: str) -> Iterable[str]:
    return re.split(r"^(?=## )", page, flags=re.MULTILINE)[1:]


def _title(part: str) -> str:
    return part.splitlines()[0].removeprefix("## ")


if __name__ == "__main__":
    give_children_default_signals()
    sys.exit(main(sys.argv[1:]))
