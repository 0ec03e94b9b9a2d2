import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from jobs.log_secrets import redact
from jobs.logs import set_up_logs
from ledger.jobs.warnings import warn_parked
from schemas.settings import load_settings

ENVIRON = {
    "CONNECTOR_DATABASE_URL": "postgresql://localhost/connector",
    "CONNECTOR_BROKER_URL": "redis://localhost",
    "CONNECTOR_KEYS": "0" * 43 + "=",
}


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.mark.parametrize(
    "name",
    ["secret", "client_secret", "token", "access_token", "key", "afosto_key", "keys", "password", "Authorization"],
)
def test_values_of_secret_names_are_hidden_however_deep(name: str) -> None:
    event = redact(None, "info", {name: "hush", "request": {"headers": [{name: "hush"}]}})
    assert event == {name: "***", "request": {"headers": [{name: "***"}]}}


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer hush",
        "sent with Bearer hush.hush",
        "client_secret=hush&scope=ordr:r",
        '{"access_token": "hush"}',
        "postgresql://connector:hush@localhost/connector",
        "redis://:hush@localhost/0",
    ],
)
def test_secrets_inside_texts_are_hidden(text: str) -> None:
    assert "hush" not in redact(None, "info", {"event": text})["event"]


def test_what_only_sounds_like_a_secret_is_kept() -> None:
    event = {"event": "order_key=abc is a duplicate key value", "order_key": "abc", "requests": 3, "token_count": 1}
    assert redact(None, "info", event) == event


def test_a_line_of_the_standard_library_becomes_json_with_its_traceback_redacted(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs(load_settings(ENVIRON))
    try:
        raise ValueError("password=hush")
    except ValueError:
        logging.getLogger("some.library").exception("failed with %s", "token=hush")
    line = json.loads(capsys.readouterr().err)
    assert line["event"] == "failed with token=***"
    assert (line["logger"], line["level"]) == ("some.library", "error")
    assert "ValueError: password=***" in line["exception"]


def test_console_lines_carry_their_fields_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(load_settings({**ENVIRON, "CONNECTOR_LOG_FORMAT": "console"}))
    structlog.get_logger("tasks").info("job settled", store="shop", token="hush")
    line = capsys.readouterr().err
    assert "job settled" in line
    assert "shop" in line
    assert "hush" not in line


def test_the_line_of_a_parked_job_holds_no_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    set_up_logs(load_settings(ENVIRON))
    data = {"name": "orders.look", "exc": "NeedsPerson('drift')", "traceback": "Traceback (most recent call last)"}
    logging.getLogger("celery.app.trace").info("Task %(name)s raised expected: %(exc)s", data, extra={"data": data})
    said = capsys.readouterr().err
    assert "NeedsPerson('drift')" in said
    assert "Traceback" not in said


def test_a_message_that_arrives_is_no_line_of_its_own_and_a_warning_about_one_is(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs(load_settings(ENVIRON))
    arrivals = logging.getLogger("celery.worker.strategy")
    arrivals.info("received")
    arrivals.warning("discarded")
    assert json.loads(capsys.readouterr().err)["event"] == "discarded"


def test_no_text_writes_a_line_of_its_own_or_commands_the_terminal_on_the_console(
    capsys: pytest.CaptureFixture[str],
) -> None:
    odd = "\x1b[2J\x9b\u202e\r\n2026-01-01 [info] all is well"
    set_up_logs(load_settings({**ENVIRON, "CONNECTOR_LOG_FORMAT": "console"}))
    structlog.get_logger("tasks").info(f"settled{odd}", why=odd, steps=[odd], **{f"field{odd}": 1})
    try:
        raise ValueError(odd)
    except ValueError:
        logging.getLogger("some.library").exception("failed with %s", odd)
    said = capsys.readouterr().err
    assert said.replace("\n", "").isprintable()
    assert not any(line.startswith("2026-01-01") for line in said.splitlines())
    assert "ValueError" in said


def test_json_lines_hold_odd_texts_whole_and_escaped(capsys: pytest.CaptureFixture[str]) -> None:
    odd = "\x1b[2J\x7f\x9b\u202e\n"
    set_up_logs(load_settings(ENVIRON))
    structlog.get_logger("tasks").info("settled", why=odd)
    said = capsys.readouterr().err
    assert said.rstrip("\n").isprintable()
    assert json.loads(said)["why"] == odd


def test_the_line_about_a_parked_job_has_what_a_person_needs_in_fields_of_its_own(
    capsys: pytest.CaptureFixture[str],
) -> None:
    set_up_logs(load_settings(ENVIRON))
    warn_parked("berlin", "orders.import", "4711", "drift", "the counts differ", "correct one side")
    (line,) = capsys.readouterr().err.splitlines()
    said = json.loads(line)
    assert (said["event"], said["level"]) == ("a job is parked", "warning")
    fields = ("store", "flow", "order", "reason", "why", "resolution")
    assert [said[field] for field in fields] == [
        *("berlin", "orders.import", "4711", "drift"),
        *("the counts differ", "correct one side"),
    ]
