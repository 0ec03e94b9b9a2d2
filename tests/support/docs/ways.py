"""How each command of the pages is tried. What is not run has its reason here, and is held against what it names."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import yaml

from benchmarks.__main__ import MODULES
from gateway.app import create_app
from local.servers.processes import read_procfile
from tests.support.docs.page_commands import ROOT, Command

# A page whose blocks are typed one after another into a shell, and lines of others that are typed there too.
WALKED = "docs/simulators.md"
SECOND_WORKER = (
    "nice -n 10 celery -A workers.app worker -Q orders --pool threads --concurrency 32 --loglevel INFO "
    "--without-gossip --without-mingle"
)
WALKED_TOO = {
    ". .venv/bin/activate",
    'eval "$(connector local up --with-processes)"',
    SECOND_WORKER,
}
# Run in a shell against real servers.
IN_A_SHELL = ("openssl", "pg_dump", "pg_restore", "psql", "redis-cli")


@dataclass(frozen=True, slots=True)
class Way:
    """Commands that are not run: how they begin, why, and what they are held against. `check` raises AssertionError."""

    begins: str
    why: str
    check: Callable[[Sequence[str]], None]


def is_walked(command: Command) -> bool:
    """Whether a test types the command into a shell, with all others of its page."""
    return command.line in WALKED_TOO or (command.page == WALKED and command.in_block)


def is_run_in_a_shell(command: Command) -> bool:
    """Whether a test runs the command in a shell by itself."""
    return command.words[0] in IN_A_SHELL


def ways_of(command: Command) -> list[Way]:
    """Return the ways for a command that is not run."""
    return [way for way in WAYS if re.match(way.begins, command.line)]


def _make(words: Sequence[str]) -> None:
    makefile = (ROOT / "Makefile").read_text()
    target, *variables = [word.strip("[]") for word in words[1:]]
    assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"no target {target}"
    unknown = [name for each in variables if f"$({(name := each.partition('=')[0])}" not in makefile]
    assert unknown == [], f"the Makefile reads no {unknown}"


def _pytest(words: Sequence[str]) -> None:
    """Which tests `-k` finds is the matter of tests/unit/test_docs.py."""
    folders = [word for word in words if word.startswith("tests")]
    assert [folder for folder in folders if not (ROOT / folder).exists()] == []


def _module(words: Sequence[str]) -> None:
    """A program of the project: its module is there, and its source names each option."""
    name, *rest = [word.strip("[]") for word in words[2:]]
    folder = ROOT / name.replace(".", "/")
    sources = [folder.with_suffix(".py")] if not folder.is_dir() else [folder / "__main__.py"]
    if name == "benchmarks" and not rest[0].startswith("--"):
        sources = [folder / MODULES[rest[0]] / f"{rest[0]}.py"]
    source = "".join(path.read_text() for path in sources)
    options = [word.removeprefix("--") for word in rest if word.startswith("--") and word != "--help"]
    assert [option for option in options if not re.search(rf"\b{option.replace('-', '[-_]')}\b", source)] == []


def _compose(words: Sequence[str]) -> None:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    verb, *rest = words[2:]
    assert verb in {"build", "down", "exec", "logs", "ps", "pull", "restart", "run", "stop", "up"}, verb
    scaled = [rest[at + 1].partition("=")[0] for at, word in enumerate(rest) if word == "--scale"]
    plain = [word for word in rest if not word.startswith("-") and "=" not in word]
    chosen = plain[:1] if verb in ("exec", "run") else plain if verb == "up" else []
    assert [name for name in (*scaled, *chosen) if name not in services] == []


def _installed_in_ci(words: Sequence[str]) -> None:
    packages = re.search(r"packages=\((.*?)\)", (ROOT / ".ci" / "run").read_text(), re.DOTALL)
    assert packages
    assert set(words[2:]) <= set(packages[1].split())


def _files(words: Sequence[str]) -> None:
    paths = [word for word in words[1:] if "/" in word and ":" not in word and "'" not in word]
    assert [path for path in paths if not (ROOT / path).exists()] == []


def _copied(words: Sequence[str]) -> None:
    sources = [word.removeprefix("/opt/connector/current/") for word in words[1:-1]]
    assert [path for path in sources if not (ROOT / path).exists()] == []


def _units(words: Sequence[str]) -> None:
    """Each unit is a line of the Procfile; a dash counts them."""
    named = re.findall(r"connector@(?:\{([^}]+)\}|([a-z]+))", " ".join(words))
    scaled = re.findall(r"(\w+)=\d", " ".join(words))
    names = {name for some, one in named for name in (some or one).split(",")} | set(scaled) - {"all"}
    assert names <= read_procfile(ROOT / "Procfile").keys()


def _requested(words: Sequence[str]) -> None:
    """The gateway answers at the address."""
    (url,) = [word for word in words if word.startswith("https://")]
    rules = create_app(cast("Any", None)).url_map.bind("connector.example")
    path = f"/{url.split('/', 3)[3]}"
    assert rules.test(path, "GET") or rules.test(path, "POST"), path


def _setting(words: Sequence[str]) -> None:
    """A variable that the settings, the compose file or the traces read."""
    readers = ("docs/running.md", "docker-compose.yml", "tracing/start.py")
    known = "".join((ROOT / reader).read_text() for reader in readers)
    names = [word.partition("=")[0].removeprefix("CONNECTOR_") for word in words[1:]]
    assert [name for name in names if name not in known] == []


def _cluster(words: Sequence[str]) -> None:
    """Each secret, job and deployment that is named is one of deploy/kubernetes."""
    text = "".join(path.read_text() for path in (ROOT / "deploy" / "kubernetes").rglob("*.yaml"))
    secrets = [words[at + 2] for at, word in enumerate(words) if word == "secret"]
    jobs = [words[at + 1] for at, word in enumerate(words) if word == "job"]
    paths = [word.partition("/")[2] for word in words if word.startswith(("job/", "deploy/"))]
    assert [name for name in (*secrets, *jobs, *paths) if f"name: {name}" not in text] == []


def _nothing(words: Sequence[str]) -> None:
    """A program of others, or a text that stands for any command."""


_MINUTES = "takes minutes or hours, or changes the environment in which the tests run"
_DOCKER = "needs a Docker engine"
_HOST = "changes a host"
_CLUSTER = "needs a cluster"

WAYS = (
    Way(r"make ", _MINUTES, _make),
    Way(r"pytest ", "runs tests from within a test", _pytest),
    Way(r"python -m (benchmarks|tests)", _MINUTES, _module),
    Way(r"python -m (schemas|console|cli)", "writes into the project; tests call what it calls", _module),
    Way(r"docker compose (?!run --rm gateway connector …)", _DOCKER, _compose),
    Way(r"kubectl ", _CLUSTER, _cluster),
    Way(r"nice -n 10$", "a part of the commands of the Procfile", _nothing),
    Way(r"apt-get install (?!--yes)", _HOST, _installed_in_ci),
    # docs/debian.md; the operator's walk types them on an empty host.
    Way(r"(apt-get (update|install --yes)|adduser|chmod|echo|ln|rm|runuser|service)\b", _HOST, _nothing),
    Way(r"cp ", _HOST, _copied),
    Way(r"(foreman|systemctl|for unit in) |done$|do systemctl ", _HOST, _units),
    Way(r"git clone |cd |set [-+]a$|\. /etc/connector.env$|PATH=", "a step of docs/debian.md", _nothing),
    Way(
        r"createuser |createdb ",
        "needs the superuser of a server; tests/integration/postgres/test_database_role.py",
        _nothing,
    ),
    Way(r"venv/bin/pip install |python3.11 -m venv", "installs for minutes; tests/hosts/test_read_only.py", _files),
    Way(r"node docs/examples/", "tests/integration/gateway/test_doors.py runs it with addresses of its own", _files),
    Way(r"curl .*https://connector.example", "an address that stands for the reader's own gateway", _requested),
    Way(r"promtool |sed -i 's.runbook_url", "tests/unit/metrics/test_monitoring_files.py", _nothing),
    Way(
        r"export (CONNECTOR_|POSTGRES_|REDIS_|FLOWER_|OTEL_)",
        "an address or a secret that stands for the reader's own",
        _setting,
    ),
    Way(r"detect-secrets scan ", "rewrites the list; `make check` reads it", _nothing),
    Way(r"git log --follow$", "an option, not a whole command", _nothing),
    Way(r"connector …$|docker compose run --rm gateway connector …$", "stands for any command", _nothing),
    Way(r"\. \.venv/bin/activate && \. \.connector/demo/environment$", "needs a demo that keeps running", _nothing),
)
