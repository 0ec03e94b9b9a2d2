import json
import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from cli import main
from schemas.errors import RetryLater
from schemas.flows import SWITCHES
from schemas.wording.phrases import phrase
from schemas.wording.spans import span

SETTINGS = {
    "CONNECTOR_DATABASE_URL": "postgresql://connector:hush@127.0.0.1:1/none",
    "CONNECTOR_BROKER_URL": "redis://:hush@127.0.0.1:1/0",
    "CONNECTOR_KEYS": "0" * 43 + "=",
}
ADD = ["store", "add", "shop", "--client-id", "id", "--channel", "c", "--since", "2026-01-01"]
SCHEMA = Path("simulators/afosto/schema.graphql")


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SETTINGS, "CONNECTOR_REDIS_URL", "CONNECTOR_CLIENT_SECRET", "CONNECTOR_AFOSTO_KEY"):
        monkeypatch.delenv(name, raising=False)


def run(*arguments: str, env: dict[str, str] | None = None, given: str | None = None) -> Result:
    return CliRunner().invoke(main, list(arguments), env=env, input=given)


def commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    found = []
    for name, command in group.commands.items():
        found.append((*path, name))
        if isinstance(command, click.Group):
            found += commands(command, (*path, name))
    return found


@pytest.mark.parametrize("path", commands(main), ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    result = run(*path, "--help")
    assert result.exit_code == 0
    assert result.output.startswith(f"Usage: main {' '.join(path)}")
    assert len(result.output.splitlines()[2].strip()) > 10


@pytest.mark.parametrize("path", [(), ("store",), ("stock",), ("jobs",)])
def test_a_group_without_a_command_shows_its_help_line_by_line(path: tuple[str, ...]) -> None:
    result = run(*path)
    assert result.exit_code == 2
    assert result.output == run(*path, "--help").output


@pytest.mark.parametrize("command", ["show", "retry", "drop"])
@pytest.mark.parametrize("number", ["0", "9223372036854775808"])
def test_a_number_that_no_job_can_have_is_a_wrong_usage(command: str, number: str) -> None:
    result = run("jobs", command, number, env=SETTINGS)
    assert result.exit_code == 2
    assert "is not in the range" in result.output


def test_no_summary_in_the_list_of_commands_is_cut_off() -> None:
    assert "..." not in run("--help").output.partition("Commands:")[2]


def test_the_help_on_switches_names_every_flow() -> None:
    said = " ".join(run("store", "switch", "--help").output.split())
    assert [flow for flow in SWITCHES if flow not in said] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("status",),
        ("doctor",),
        ("migrate",),
        ("store", "list"),
        ("store", "remove", "shop"),
        ("jobs", "retry", "1"),
        ("order", "shop", "1"),
        ("stock", "shop"),
        ("poll", "shop"),
        ("keys", "rotate"),
        ("gateway",),
        ("console",),
        ("user", "list"),
        ("tokens", "list"),
        ("webhooks", "list"),
        (*ADD, "--client-secret", "s", "--afosto-key", "k"),
    ],
    ids=" ".join,
)
def test_a_missing_setting_is_named_and_ends_with_2(arguments: tuple[str, ...]) -> None:
    result = run(*arguments)
    assert result.exit_code == 2
    assert "CONNECTOR_DATABASE_URL is missing" in result.stderr
    assert isinstance(result.exception, SystemExit)


def test_a_database_that_cannot_be_used_is_one_sentence_without_its_password() -> None:
    result = run("status", env=SETTINGS)
    assert result.exit_code == 2
    error, advice = result.stderr.splitlines()
    assert error.startswith("Error: The database cannot be used: ")
    assert "check CONNECTOR_DATABASE_URL" in error
    assert advice.startswith("What to do: See that the server runs")
    assert "hush" not in result.output
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "url", ["postgresql://user:hush/er@127.0.0.1/db", "postgresql://user:hush@er@127.0.0.1/db"], ids=["slash", "at"]
)
def test_a_database_address_with_a_raw_password_is_refused_without_showing_it(url: str) -> None:
    result = run("migrate", env={**SETTINGS, "CONNECTOR_DATABASE_URL": url})
    assert result.exit_code == 2
    assert "CONNECTOR_DATABASE_URL" in result.stderr
    assert "hush" not in result.output


def test_doctor_reports_each_unreachable_server_and_hides_passwords() -> None:
    result = run("doctor", "--json", env=SETTINGS)
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert (found["settings"]["CONNECTOR_LEASE"], found["settings"]["CONNECTOR_ATTEMPTS_DAYS"]) == (20, 90)
    assert {check["name"]: check["ok"] for check in found["checks"]} == {
        "database": False,
        "broker": False,
        "redis": False,
    }
    assert "hush" not in result.output
    assert SETTINGS["CONNECTOR_KEYS"] not in result.output


@pytest.mark.parametrize(
    ("extra", "complaint"),
    [
        (["--since", "2999-01-01"], "lies in the future"),
        (["--since", "yesterday"], "yesterday"),
        (["--flows", "orders.import,refunds"], "'refunds' is no flow"),
        (["--location", "here"], "EPAGES_ID=AFOSTO_ID"),
        (["--base-url", "shop.example"], "must begin with https://"),
        (["--base-url", "https://user:hush@shop.example/api"], "hold no password"),
        (["--totals", "loose"], "loose"),
    ],
)
def test_store_add_refuses_bad_input_before_it_asks_anybody(extra: list[str], complaint: str) -> None:
    result = run(*ADD, *extra, env=SETTINGS)
    assert result.exit_code == 2
    assert complaint in result.stderr


def test_store_add_refuses_a_name_that_is_an_address() -> None:
    result = run("store", "add", "https://shop.example", *ADD[3:], env=SETTINGS)
    assert result.exit_code == 2
    assert "letters, digits" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["retry"], ["drop", "1", "--reason", "drift"], ["retry", "1", "--store", "shop"]], ids=" ".join
)
def test_jobs_are_chosen_by_ids_or_by_reason_and_by_nothing_else(arguments: list[str]) -> None:
    assert run("jobs", *arguments, env=SETTINGS).exit_code == 2


def test_a_new_key_is_a_fernet_key() -> None:
    Fernet(run("keys", "new").stdout.strip())


def test_our_documents_fit_the_schema_we_assume() -> None:
    result = run("afosto", "check-schema", str(SCHEMA))
    assert (result.exit_code, result.stdout) == (0, "0 differences from this schema\n")


def test_each_field_that_a_schema_lacks_is_named(tmp_path: Path) -> None:
    other = tmp_path / "schema.graphql"
    other.write_text(SCHEMA.read_text().replace("openOrder", "startOrder"))
    result = run("afosto", "check-schema", str(other))
    assert result.exit_code == 1
    assert "openOrder" in result.stdout


def test_lists_of_afosto_that_are_not_needed_are_harmless_where_they_lack(tmp_path: Path) -> None:
    other = tmp_path / "schema.graphql"
    lists = re.compile(r"^  (orders|inventoryChanges)\(.*\n", re.MULTILINE)
    other.write_text(lists.sub("", SCHEMA.read_text()))
    result = run("afosto", "check-schema", str(other))
    assert result.exit_code == 0
    assert result.stdout.count("  harmless: ") == 4
    assert "4 differences from this schema, 4 harmless" in result.stdout
    other.write_text(lists.sub("", SCHEMA.read_text()).replace("openOrder", "startOrder"))
    result = run("afosto", "check-schema", str(other))
    assert result.exit_code == 1
    assert "5 differences from this schema, 4 harmless" in result.stdout


@pytest.mark.parametrize("text", ["no schema", "{", '{"data": {}}'])
def test_a_file_that_is_no_schema_is_a_wrong_usage(tmp_path: Path, text: str) -> None:
    file = tmp_path / "schema"
    file.write_text(text)
    result = run("afosto", "check-schema", str(file))
    assert result.exit_code == 2
    assert "neither a GraphQL schema" in result.stderr


@pytest.mark.parametrize("arguments", [[], [str(SCHEMA), "--introspect"]])
def test_check_schema_takes_one_source(arguments: list[str]) -> None:
    assert run("afosto", "check-schema", *arguments).exit_code == 2


def test_an_error_that_passes_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise RetryLater(phrase("the shop does not answer"))

    monkeypatch.setattr("cli.operations.migrate_and_keys.settings", fail)
    result = run("migrate")
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "Error: The shop does not answer.",
        "What to do: Check the address and try again in a moment; connector doctor checks our own servers.",
    ]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "never"), (0.4, "0 s"), (119, "119 s"), (300, "5 min"), (7200, "2 h"), (259200, "3 d")],
)
def test_durations_are_told_in_the_largest_unit_that_fits_twice(seconds: float | None, words: str) -> None:
    assert span(seconds) == words


def test_a_poll_of_one_cursor_is_asked_for_with_now() -> None:
    result = run("poll", "shop", "--cursor", "history", env=SETTINGS)
    assert result.exit_code == 2
    assert "--cursor goes with --now" in result.stderr


def test_the_schema_of_afosto_is_checked_without_a_database(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONNECTOR_AFOSTO_URL", "http://127.0.0.1:1/graphql")
    result = run("afosto", "check-schema", "--introspect", "--afosto-key", "key")
    assert result.exit_code == 1
    assert "127.0.0.1:1 cannot be reached" in result.stderr


def test_without_a_terminal_a_secret_is_not_asked_but_its_option_is_named() -> None:
    code = "from cli.secret_input import read_secret; read_secret(None, 'Key', stdin=False, option='--key-stdin')"
    ended = subprocess.run(
        [sys.executable, "-c", code],
        input="hush\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        start_new_session=True,
    )
    assert "Key: there is no terminal to ask at; give it with --key-stdin." in ended.stderr
    assert "Warning: " not in ended.stderr


def test_a_wrong_key_is_not_replaced_by_a_new_one_without_need() -> None:
    result = run("status", env={**SETTINGS, "CONNECTOR_KEYS": "no key"})
    assert "CONNECTOR_KEYS=KEY, the one you kept" in result.stderr


def test_doctor_warns_of_a_misspelled_variable_and_says_which_was_meant() -> None:
    result = run("doctor", env={**SETTINGS, "CONNECTOR_POLL_INTERVALL": "60", "CONNECTOR_AFOSTO_KEY": "k"})
    assert "warning: CONNECTOR_POLL_INTERVALL is not a setting" in result.stderr
    assert "did you mean CONNECTOR_POLL_INTERVAL?" in result.stderr
    assert result.output.count("warning") == 1


def test_every_command_that_reads_the_settings_warns_of_a_variable_that_is_none() -> None:
    result = run("status", "--json", env={**SETTINGS, "CONNECTOR_LEESE": "15"})
    said = "warning: CONNECTOR_LEESE is not a setting and has no effect; did you mean CONNECTOR_LEASE?"
    assert result.stderr.splitlines()[0] == said
    assert result.stderr.count("warning") == 1


def test_without_a_single_variable_one_is_told_where_they_come_from(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CONNECTOR_")]:
        monkeypatch.delenv(name)
    result = run("status")
    assert result.exit_code == 2
    assert 'eval "$(connector local up)"' in result.stderr
    assert ". .connector/demo/environment" in result.stderr
    assert "local up" not in run("status", env={"CONNECTOR_LEASE": "15"}).stderr


@pytest.mark.parametrize("path", [("local",), ("local", "down")], ids=" ".join)
def test_the_help_on_the_local_run_speaks_of_the_processes_too(path: tuple[str, ...]) -> None:
    assert "processes" in run(*path, "--help").output.splitlines()[2]
