"""`connector tokens` and `connector webhooks`, as a person uses them."""

import pytest
from click.testing import CliRunner, Result
from cryptography.fernet import Fernet

from cli import main
from local.servers.services import Services, environment
from schemas.errors import NeedsPerson
from schemas.states import Right
from tests.support.connector.gateway import Doors, message


class Shell:
    """Runs commands against the servers of a test."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env

    def __call__(self, *arguments: str, given: str | None = None) -> Result:
        return CliRunner().invoke(main, list(arguments), env=self.env, input=given)


@pytest.fixture
def shell(doors: Doors, fresh_services: Services) -> Shell:
    doors.store("shop")
    return Shell(environment(fresh_services))


def test_a_token_is_printed_once_and_works_until_it_is_revoked(doors: Doors, shell: Shell) -> None:
    token = shell("tokens", "add", "erp", "--task", "orders.import", "--store", "shop").stdout.strip()
    assert doors.ledger.tokens.find(token) is not None
    listed = shell("tokens", "list")
    assert "erp" in listed.stdout
    assert token not in listed.stdout + shell("tokens", "list", "--json").stdout
    assert shell("tokens", "revoke", "erp").exit_code == 0
    assert doors.ledger.tokens.find(token) is None


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("tokens", "add", "erp", "--task", "dispatch.tick"), "dispatch.tick"),
        (("tokens", "add", "erp", "--task", "orders.import", "--store", "none"), "No store 'none'"),
        (("tokens", "add", "erp"), "--task"),
        (("tokens", "add", " ", "--task", "orders.import"), "needs the name of the system"),
        (("tokens", "revoke", "none"), "connector tokens list"),
        (("tokens", "rotate", "none"), "connector tokens list"),
        (("tokens", "rotate", "none", "--finish"), "connector tokens list"),
        (("webhooks", "add", "none", "--secret", "s"), "No store 'none'"),
        (("webhooks", "rotate", "none", "--secret", "s"), "connector webhooks list"),
        (("webhooks", "rotate", "none"), "connector webhooks list"),
        (("webhooks", "remove", "none"), "connector webhooks list"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(shell: Shell, arguments: tuple[str, ...], complaint: str) -> None:
    result = shell(*arguments)
    assert result.exit_code in {1, 2}
    assert complaint in result.stderr


def test_a_token_is_rotated_and_both_are_accepted_until_it_is_finished(doors: Doors, shell: Shell) -> None:
    old = shell("tokens", "add", "erp", "--task", "orders.import", "--store", "shop").stdout.strip()
    new = shell("tokens", "rotate", "erp", "--keep-old", "1h").stdout.strip()
    by_old, by_new = doors.ledger.tokens.find(old), doors.ledger.tokens.find(new)
    assert by_old == by_new is not None
    listed = shell("tokens", "list").stdout
    assert "OLD ONE UNTIL" in listed
    assert new not in listed
    again = shell("tokens", "rotate", "erp")
    assert again.exit_code == 1
    assert "connector tokens rotate erp --finish" in again.stderr
    assert "only the newest token of erp" in shell("tokens", "rotate", "erp", "--finish").stdout
    assert doors.ledger.tokens.find(old) is None
    assert doors.ledger.tokens.find(new) is not None


def test_a_token_that_leaked_is_rotated_at_once(doors: Doors, shell: Shell) -> None:
    old = shell("tokens", "add", "erp", "--task", "orders.import").stdout.strip()
    middle = shell("tokens", "rotate", "erp").stdout.strip()
    new = shell("tokens", "rotate", "erp", "--keep-old", "now").stdout.strip()
    accepted = [doors.ledger.tokens.find(token) is not None for token in (old, middle, new)]
    assert accepted == [False, False, True]
    assert shell("tokens", "revoke", "erp").exit_code == 0
    assert doors.ledger.tokens.find(new) is None


def test_a_name_is_given_to_one_valid_token_at_a_time(shell: Shell) -> None:
    add = ("tokens", "add", "erp", "--task", "orders.import")
    assert shell(*add).exit_code == 0
    again = shell(*add)
    assert again.exit_code == 1
    assert "connector tokens revoke erp" in again.stderr


def test_an_endpoint_takes_the_secret_it_was_given_and_never_shows_it(doors: Doors, shell: Shell) -> None:
    added = shell("webhooks", "add", "shop", given="hush-hush\n")
    path = added.stdout.strip()
    assert path.startswith("/webhooks/afosto/")
    endpoint = path.rsplit("/", 1)[1]
    assert doors.deliver(endpoint, message(), "hush-hush").status_code == 200
    listed = shell("webhooks", "list")
    assert endpoint in listed.stdout
    assert "hush-hush" not in added.output + listed.output


def test_a_secret_is_rotated_in_two_steps(doors: Doors, shell: Shell) -> None:
    endpoint = shell("webhooks", "add", "shop", "--secret-stdin", given="old-secret\n").stdout.strip().rsplit("/", 1)[1]
    shell("webhooks", "rotate", endpoint, "--secret-stdin", given="new-secret\n")
    assert [doors.deliver(endpoint, message(), secret).status_code for secret in ("old-secret", "new-secret")] == [
        200,
        200,
    ]
    shell("webhooks", "rotate", endpoint, "--finish")
    assert [doors.deliver(endpoint, message(), secret).status_code for secret in ("old-secret", "new-secret")] == [
        401,
        200,
    ]
    assert shell("webhooks", "remove", endpoint).exit_code == 0
    assert doors.deliver(endpoint, message(), "new-secret").status_code == 404


def test_the_id_of_an_endpoint_is_no_option_of_a_command(shell: Shell) -> None:
    added = shell("webhooks", "add", "shop", given="hush-hush\n").stdout.strip()
    assert added.rsplit("/", 1)[1].isalnum()


def test_a_third_secret_does_not_end_the_one_that_may_be_signed_with_yet(doors: Doors, shell: Shell) -> None:
    endpoint = shell("webhooks", "add", "shop", "--secret-stdin", given="old-secret\n").stdout.strip().rsplit("/", 1)[1]
    shell("webhooks", "rotate", endpoint, "--secret-stdin", given="new-secret\n")
    refused = shell("webhooks", "rotate", endpoint)
    assert refused.exit_code == 1
    assert f"connector webhooks rotate {endpoint} --finish" in refused.stderr
    assert "New webhook secret" not in refused.stderr
    with pytest.raises(NeedsPerson, match="two secrets"):
        doors.ledger.webhooks.rotate(endpoint, "third-secret")
    assert [doors.deliver(endpoint, message(), secret).status_code for secret in ("old-secret", "new-secret")] == [
        200,
        200,
    ]


@pytest.mark.parametrize("given", [("--secret-stdin",), ("--secret", "new-secret")], ids=lambda given: given[0])
def test_a_rotation_is_not_finished_with_a_secret_that_nobody_would_read(
    doors: Doors, shell: Shell, given: tuple[str, ...]
) -> None:
    endpoint = doors.ledger.webhooks.add("shop", "old-secret")
    doors.ledger.webhooks.rotate(endpoint, "middle-secret")
    result = shell("webhooks", "rotate", endpoint, *given, "--finish", given="new-secret\n")
    assert result.exit_code == 2
    assert "--finish takes no secret" in result.stderr
    assert doors.deliver(endpoint, message(), "old-secret").status_code == 200


def test_a_secret_that_could_be_guessed_is_refused(doors: Doors, shell: Shell) -> None:
    endpoint = doors.ledger.webhooks.add("shop", "old-secret")
    for command in (("add", "shop"), ("rotate", endpoint)):
        result = shell("webhooks", *command, "--secret-stdin", given="7 chars\n")
        assert result.exit_code == 2
        assert "fewer than 8 characters" in result.stderr
    assert len(doors.rows("webhook_endpoints")) == 1


def test_rotating_the_keys_takes_the_webhook_secrets_along(doors: Doors, shell: Shell) -> None:
    endpoint = shell("webhooks", "add", "shop", given="hush-hush\n").stdout.strip().rsplit("/", 1)[1]
    fresh = Fernet.generate_key().decode()
    shell.env["CONNECTOR_KEYS"] = f"{fresh},{shell.env['CONNECTOR_KEYS']}"
    assert "1 store, 0 connection drafts, 1 webhook endpoint and 0 subscriptions" in shell("keys", "rotate").stdout
    sealed = bytes(doors.rows("webhook_endpoints")[0]["secret"])
    assert endpoint
    assert Fernet(fresh).decrypt(sealed) == b"hush-hush"


ADD = ("store", "add", "new", "--client-id", "id", "--channel", "c", "--since", "2026-01-01")


def test_store_add_asks_for_both_secrets_without_an_echo(shell: Shell) -> None:
    result = shell(*ADD, "--base-url", "http://127.0.0.1:1/api", "--trust-base-url", given="top-secret\nvery-private\n")
    assert "Client secret" in result.stderr
    assert "Afosto API key" in result.stderr
    assert "top-secret" not in result.output
    assert "very-private" not in result.output


def test_store_add_refuses_an_empty_secret_on_standard_input(shell: Shell) -> None:
    result = shell(*ADD, "--client-secret-stdin", given="")
    assert result.exit_code == 2
    assert "Client secret: nothing was given" in result.stderr


def test_store_add_asks_for_nothing_when_the_name_is_taken(shell: Shell) -> None:
    result = shell("store", "add", "shop", *ADD[3:])
    assert result.exit_code == 1
    assert "is connected already" in result.stderr
    assert "Client secret" not in result.stderr


@pytest.mark.parametrize(
    "address", ["https://Shop.Example/api", "https://shop.example:443/api/", "http://shop.example/api"]
)
def test_store_add_asks_for_nothing_when_the_shop_is_connected_under_another_name(shell: Shell, address: str) -> None:
    result = shell(*ADD, "--base-url", address, "--trust-base-url")
    assert result.exit_code == 1
    assert "is connected already, as the store 'shop'" in result.stderr
    assert "connector store show shop" in result.stderr
    assert "Client secret" not in result.stderr


@pytest.mark.parametrize(
    "address", ["https://other.example/api", "https://shop.example:8443/api", "https://shop.example/b"]
)
def test_store_add_goes_on_when_the_address_is_of_another_shop(shell: Shell, address: str) -> None:
    result = shell(*ADD, "--base-url", address, "--client-secret-stdin", given="")
    assert "Client secret: nothing was given" in result.stderr


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://other.example/api", "plain http"),
        ("https://127.0.0.1:8801/api", "127.0.0.1"),
        ("https://localhost/api", "this machine"),
        ("https://169.254.169.254/latest", "169.254.169.254"),
        ("https://2852039166/latest", "169.254.169.254"),
        ("https://[::ffff:169.254.169.254]/latest", "169.254.169.254"),
        ("https://[fe80::1]/api", "fe80::1"),
        ("https://[::1]/api", "::1"),
        ("https://10.0.0.1/api", "10.0.0.1"),
    ],
)
def test_store_add_takes_an_address_where_a_secret_would_be_told_only_when_told_so(
    shell: Shell, address: str, why: str
) -> None:
    refused = shell(*ADD, "--base-url", address, "--client-secret-stdin", given="")
    assert refused.exit_code == 2
    assert why in refused.stderr
    assert "--trust-base-url" in refused.stderr
    trusted = shell(*ADD, "--base-url", address, "--trust-base-url", "--client-secret-stdin", given="")
    assert "Client secret: nothing was given" in trusted.stderr


def test_a_token_has_rights_and_perhaps_a_tenant(doors: Doors, shell: Shell) -> None:
    token = shell("tokens", "add", "agency", "--rights", "write", "--tenant-of", "shop").stdout.strip()
    caller = doors.ledger.tokens.find(token)
    assert caller is not None
    assert (caller.may(Right.READ), caller.may(Right.WRITE), caller.may(Right.TASKS)) == (True, True, False)
    assert caller.stores == frozenset({"shop"})
    assert "of tenant" in shell("tokens", "list").stdout


def test_a_subscription_shows_its_secret_once_and_is_listed_until_it_is_removed(doors: Doors, shell: Shell) -> None:
    refused = shell("subscription", "add", "http://127.0.0.1/hooks")
    assert "--trust-url" in refused.stderr
    added = shell("subscription", "add", "http://127.0.0.1/hooks", "--trust-url", "--event", "job.parked")
    secret = added.stdout.strip()
    assert secret.startswith("connector_")
    listed = shell("subscription", "list").stdout
    assert "job.parked" in listed
    assert secret not in listed + shell("subscription", "list", "--json").stdout
    assert secret not in str(doors.rows("subscriptions"))
    (row,) = doors.ledger.subscriptions.known()
    assert shell("subscription", "remove", str(row["id"])).exit_code == 0
    assert shell("subscription", "remove", str(row["id"])).exit_code == 1
