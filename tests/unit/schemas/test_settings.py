"""Settings are read once, checked together, and never show a secret."""

import pytest
from cryptography.fernet import Fernet

from schemas.errors import ConfigurationError
from schemas.settings import load_settings

KEY = Fernet.generate_key().decode()
LEAST = {
    "CONNECTOR_DATABASE_URL": "postgresql://connector:s3cret@db:5432/connector",
    "CONNECTOR_BROKER_URL": "redis://:hunter2@redis:6379/0",
    "CONNECTOR_KEYS": KEY,
}


def refused(**changes: str) -> str:
    """Return the message that refuses these settings; names are variables without their prefix."""
    environ = LEAST | {f"CONNECTOR_{name}": value for name, value in changes.items()}
    with pytest.raises(ConfigurationError) as caught:
        load_settings(environ)
    return str(caught.value)


def test_three_variables_are_enough_and_the_rest_has_defaults() -> None:
    settings = load_settings(LEAST | {"PATH": "/bin", "CONNECTOR_LEASE": ""})
    assert settings.redis_url == settings.broker_url
    assert settings.epages_url == "https://{store}.beyondshop.cloud/api"
    assert (settings.poll_interval, settings.poll_page_size, settings.lease) == (300, 200, 20)
    assert (settings.log_format, settings.log_level) == ("json", "INFO")


def test_every_kind_of_value_is_read() -> None:
    second = Fernet.generate_key().decode()
    changes = {"KEYS": f"{KEY}, {second}", "LEASE": "0.9", "LEASE_RENEWAL": "0.3", "CALL_DEADLINE": "0.2"}
    settings = load_settings(LEAST | {f"CONNECTOR_{name}": value for name, value in changes.items()})
    assert settings.keys == (KEY, second)
    assert (settings.lease, settings.lease_renewal, settings.call_deadline) == (0.9, 0.3, 0.2)


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [
        ("DATABASE_URL", "", "is missing"),
        ("DATABASE_URL", "host=db", "does not start with postgresql://"),
        ("BROKER_URL", "kafka://x", "does not start with redis://"),
        ("KEYS", "abc", "at position 1"),
        pytest.param("KEYS", f"{KEY},", "at position 2", id="KEYS-good and empty"),
        ("EPAGES_URL", "https://shop.example/api", "does not contain {store}"),
        ("AFOSTO_URL", "afosto.app", "does not start with https://"),
        ("LEASE", "soon", "is not a number of seconds above 0"),
        ("LEASE", "nan", "is not a number of seconds above 0"),
        ("POLL_INTERVAL", "0", "is not a number of seconds above 0"),
        ("POLL_PAGE_SIZE", "1.5", "is not a whole number"),
        ("FAILURES_TO_PARK", "0", "is not a whole number"),
        ("LOG_FORMAT", "xml", "is not one of json, console"),
    ],
)
def test_a_wrong_value_is_refused_with_its_variable_and_an_example(name: str, value: str, wrong: str) -> None:
    message = refused(**{name: value})
    assert message.startswith(f"CONNECTOR_{name} ")
    assert wrong in message
    assert f"for example: CONNECTOR_{name}=" in message


@pytest.mark.parametrize(
    "changes",
    [
        {"LEASE_RENEWAL": "7"},
        {"CALL_DEADLINE": "20"},
        {"LEASE": "60"},
        {"VISIBILITY_TIMEOUT": "210"},
        {"CALL_DEADLINE": "15", "AMBIGUITY_WAIT": "15"},
        {"DISPATCH_INTERVAL": "30", "POLL_INTERVAL": "30"},
        {"DISPATCH_INTERVAL": "60", "RESEND_AFTER": "60"},
        {"DISPATCH_INTERVAL": "59", "INVENTORY_INTERVAL": "59"},
        {"CLOCK_MARGIN": "300"},
        {"RETRY_BASE": "901"},
    ],
)
def test_settings_that_contradict_each_other_are_refused_with_both_figures(changes: dict[str, str]) -> None:
    message = refused(**changes)
    for name, value in changes.items():
        assert f"CONNECTOR_{name} ({value})" in message
    assert "for example: " in message


def test_all_that_is_wrong_is_named_at_once() -> None:
    wrong = refused(DATABASE_URL="", BROKER_URL="", LEASE="soon")
    assert [line.split()[0].removeprefix("CONNECTOR_") for line in wrong.splitlines()] == [
        "DATABASE_URL",
        "BROKER_URL",
        "LEASE",
    ]
    assert len(refused(RETRY_BASE="901", CLOCK_MARGIN="300").splitlines()) == 2


def test_the_example_of_a_missing_key_does_not_suggest_a_new_one() -> None:
    assert "CONNECTOR_KEYS=KEY, the one you kept; only a first installation makes a new one" in refused(KEYS="")


def test_a_broker_that_is_not_a_redis_requires_one() -> None:
    assert refused(BROKER_URL="amqp://broker").startswith("CONNECTOR_REDIS_URL is missing")


@pytest.mark.parametrize("url", ["postgresql://u:s3cret@db/x", "postgresql://u:s3/cr@et@db/x?password=s3cret&a=1"])
def test_no_secret_is_shown(url: str) -> None:
    settings = load_settings(LEAST | {"CONNECTOR_DATABASE_URL": url})
    shown = repr(settings) + str(settings.redacted())
    assert not [secret for secret in ("s3cret", "cr@et", "hunter2", KEY) if secret in shown]
    assert str(settings.redacted()["CONNECTOR_DATABASE_URL"]).startswith("postgresql://u:***@db/x")
    assert settings.redacted()["CONNECTOR_LEASE"] == 20


def test_an_error_shows_no_secret() -> None:
    assert "s3cret" not in refused(DATABASE_URL="mysql://u:s3cret@db")
    assert "s3cret" not in refused(KEYS="s3cret")
