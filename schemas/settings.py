"""The settings of every process: read once from `CONNECTOR_*` environment variables and checked together."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from dataclasses import fields as dataclass_fields
from difflib import get_close_matches
from typing import Any

from marshmallow import ValidationError, missing

from schemas.errors import ConfigurationError
from schemas.server_addresses import REDIS_SCHEMES
from schemas.setting_kinds import Choice, Count, Host, Keys, Port, Seconds, ServerUrl, Text, Url
from schemas.values.fields import Document
from schemas.values.loading import faults

PREFIX = "CONNECTOR_"
# Other variables, read by single commands and by the examples.
OTHER_VARIABLES = {
    f"CONNECTOR_{name}"
    for name in ("CLIENT_SECRET", "AFOSTO_KEY", "WEBHOOK_SECRET", "TOKEN", "TEST_DATABASE_URL", "OPENAPI")
}
# How people sign in to the console with the account of their company.
OIDC = ("oidc_issuer", "oidc_client_id", "oidc_client_secret")
# Settings that may differ between processes: server addresses (which hold passwords), the keys, logging, where metrics
# are shown, and what the console alone reads.
PER_PROCESS = frozenset(
    (
        "database_url",
        "database_pooler",
        "broker_url",
        "redis_url",
        "keys",
        "log_format",
        "log_level",
        "metrics_host",
        "metrics_port",
        "flower_url",
        *OIDC,
    )
)
DATABASE = "postgresql://connector:PASSWORD@localhost:5432/connector"
REDIS = "redis://localhost:6379/0"
EPAGES = "https://{store}.beyondshop.cloud/api"
AFOSTO = "https://afosto.app/graphql"
# Seconds that a poll may take from its time on: dispatch sends it within a second or two, and the shop answers in some.
_POLL_TAKES = 30.0


@dataclass(frozen=True, slots=True, repr=False)
class Settings:
    """Every setting, named like its variable without the prefix. Durations are in seconds.

    Servers: `database_url`, `database_pooler` ("yes" if a pooler in transaction mode stands before the database and
    cannot be detected), `broker_url`, and `redis_url` for limiter and breaker (default: the broker, if it is a Redis).
    `keys` are Fernet keys: the first encrypts the stores' secrets, all of them decrypt. `epages_url` contains
    `{store}` in place of the store's name. `gateway_url` and `console_url` are the addresses by which others reach
    gateway and console; empty if they are not given.

    Polling: each store is polled every `poll_interval`, from its cursor minus `poll_overlap`, with `poll_page_size`
    orders per page and at most `poll_slices_per_task` slices per task. A cursor stays `clock_margin` behind the shop's
    clock. Inventory changes are read every `inventory_interval`. Publishing stops before more than
    `stock_zero_percent` of a shop's stocked SKUs go to zero within an hour; 100: never.

    Scanning: every `walk_interval`, Afosto's list of changed orders is read for changes without an event. If Afosto
    has no such list, each open order is checked once per `walk_period`.

    Running: a worker holds a job for `lease`, renews it every `lease_renewal`, and never holds it longer than
    `longest_job`. A call ends after `call_deadline`. After a lost answer, nothing is repeated before `ambiguity_wait`.
    A job that was sent but not claimed is sent again after `resend_after`. `dispatch_interval` is the beat. Pauses
    after failures grow from `retry_base` to `retry_cap`, and `failures_to_park` failures park a job. The broker
    redelivers after `visibility_timeout`. Clocks may differ by `clock_skew`.

    Budgets: calls per window and credential, until the vendor's headers say otherwise. Both are assumptions: the
    ePages figures are those of its older API, and Afosto publishes none. Each other system may make
    `gateway_calls_per_minute` requests to the gateway.

    Console: it links to Flower at `flower_url`, if that is given. With `oidc_issuer` people may sign in with their
    accounts there (OpenID Connect), where the console is known by `oidc_client_id` and `oidc_client_secret`.

    `remote_control`: which of Celery's commands workers obey: "read" those that ask, "full" also those that change
    them, "off" none.

    Metrics: with `metrics_port` each process answers /metrics at `metrics_host`, at the first free port from that one
    on; 0: none does.

    Retention: attempts are deleted after `attempts_days` days, webhooks after `inbox_days` days.
    """

    database_url: str
    database_pooler: str
    broker_url: str
    redis_url: str
    keys: tuple[str, ...]
    epages_url: str
    afosto_url: str
    gateway_url: str
    console_url: str
    poll_interval: float
    poll_overlap: float
    poll_page_size: int
    poll_slices_per_task: int
    clock_margin: float
    walk_interval: float
    walk_period: float
    inventory_interval: float
    stock_zero_percent: int
    lease: float
    lease_renewal: float
    longest_job: float
    call_deadline: float
    ambiguity_wait: float
    resend_after: float
    dispatch_interval: float
    retry_base: float
    retry_cap: float
    failures_to_park: int
    visibility_timeout: float
    clock_skew: float
    epages_calls_per_window: int
    epages_window: float
    afosto_calls_per_window: int
    afosto_window: float
    gateway_calls_per_minute: int
    attempts_days: int
    inbox_days: int
    remote_control: str
    log_format: str
    log_level: str
    metrics_host: str
    metrics_port: int
    flower_url: str
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str

    @property
    def freshness_promise(self) -> float:
        """After how many seconds the news of a store is older than promised: a poll interval, and what a poll takes."""
        return self.poll_interval + _POLL_TAKES

    @property
    def pooled(self) -> bool:
        """Whether a pooler certainly stands before the database; if not, each session detects it."""
        return self.database_pooler == "yes"

    def redacted(self) -> dict[str, str | float]:
        """Return every setting by its variable's name, without the keys and without passwords in URLs."""
        values = {field.name: getattr(self, field.name) for field in dataclass_fields(self)}
        values["keys"] = f"({len(self.keys)} hidden)"
        values["oidc_client_secret"] = "***" if self.oidc_client_secret else ""
        shown = {name: _without_password(value) if isinstance(value, str) else value for name, value in values.items()}
        return {variable(name): value for name, value in shown.items()}

    def shared(self) -> dict[str, str | float]:
        """Return the settings that must be equal in all processes, by variable name; none is a secret."""
        own = {variable(name) for name in PER_PROCESS}
        return {name: value for name, value in self.redacted().items() if name not in own}

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self.redacted().items())})"


def _without_password(url: str) -> str:
    # Up to the last @, so that a password that contains a slash or an @ is hidden too.
    hidden = re.sub(r"://([^:/@]*):.*@", r"://\1:***@", url)
    return re.sub(r"(password=)[^&]*", r"\1***", hidden)


class SettingsSchema(Document):
    target = Settings

    database_url = Url(DATABASE, "postgresql", "postgres", required=True)
    database_pooler = Choice("auto", "yes")
    broker_url = ServerUrl(REDIS, *REDIS_SCHEMES, "amqp", "amqps", required=True)
    redis_url = ServerUrl(REDIS, *REDIS_SCHEMES, "unix", required=True)
    keys = Keys()
    epages_url = Url(EPAGES, "https", "http", needs="{store}", load_default=EPAGES)
    afosto_url = Url(AFOSTO, "https", "http", load_default=AFOSTO)
    gateway_url = Url("https://connector.example", "https", "http", load_default="")
    console_url = Url("https://console.example", "https", "http", load_default="")
    poll_interval = Seconds(300)
    poll_overlap = Seconds(300)
    poll_page_size = Count(200)
    poll_slices_per_task = Count(8)
    clock_margin = Seconds(5)
    walk_interval = Seconds(60)
    walk_period = Seconds(900)
    inventory_interval = Seconds(60)
    stock_zero_percent = Count(50)
    lease = Seconds(20)
    lease_renewal = Seconds(5)
    longest_job = Seconds(60)
    call_deadline = Seconds(10)
    ambiguity_wait = Seconds(60)
    resend_after = Seconds(60)
    dispatch_interval = Seconds(1)
    retry_base = Seconds(2)
    retry_cap = Seconds(900)
    failures_to_park = Count(10)
    visibility_timeout = Seconds(300)
    clock_skew = Seconds(150)
    epages_calls_per_window = Count(6000)
    epages_window = Seconds(3600)
    afosto_calls_per_window = Count(600)
    afosto_window = Seconds(60)
    gateway_calls_per_minute = Count(600)
    attempts_days = Count(90)
    inbox_days = Count(30)
    remote_control = Choice("off", "read", "full")
    log_format = Choice("json", "console")
    log_level = Choice("INFO", "DEBUG", "WARNING", "ERROR")
    metrics_host = Host("127.0.0.1")
    metrics_port = Port(9471)
    flower_url = Url("https://flower.example.com", "https", "http", load_default="")
    oidc_issuer = Url("https://accounts.example.com", "https", "http", load_default="")
    oidc_client_id = Text("connector-console")
    oidc_client_secret = Text("SECRET")


@dataclass(frozen=True, slots=True)
class Rule:
    """A condition between settings; the first of `names` is the one to correct."""

    names: tuple[str, ...]
    holds: Callable[..., bool]
    wrong: str


RULES = (
    Rule(("lease_renewal", "lease"), lambda renewal, lease: renewal * 3 <= lease, "is more than a third of"),
    Rule(("call_deadline", "lease"), lambda deadline, lease: deadline < lease, "is not below"),
    Rule(("lease", "longest_job"), lambda lease, longest: lease < longest, "is not below"),
    Rule(
        ("visibility_timeout", "longest_job", "clock_skew"),
        lambda timeout, longest, skew: longest + skew < timeout,
        "is not above the sum of",
    ),
    Rule(("call_deadline", "ambiguity_wait"), lambda deadline, wait: deadline < wait, "is not below"),
    Rule(("dispatch_interval", "poll_interval"), lambda beat, poll: beat < poll, "is not below"),
    Rule(("dispatch_interval", "resend_after"), lambda beat, resend: beat < resend, "is not below"),
    Rule(("dispatch_interval", "inventory_interval"), lambda beat, poll: beat < poll, "is not below"),
    Rule(("clock_margin", "poll_overlap"), lambda margin, overlap: margin < overlap, "is not below"),
    Rule(("dispatch_interval", "walk_interval"), lambda beat, walk: beat < walk, "is not below"),
    Rule(("retry_base", "retry_cap"), lambda base, cap: base <= cap, "is above"),
)

_SCHEMA = SettingsSchema()


def load_settings(environ: Mapping[str, str]) -> Settings:
    """Read the settings from environment variables; an empty variable counts as absent.

    Raises ConfigurationError, which names each wrong variable, what is wrong with it, and an example of a valid value.
    """
    given = {name: environ[variable(name)] for name in _SCHEMA.fields if environ.get(variable(name))}
    if re.match("(rediss?|sentinel)://", given.get("broker_url", "")):
        given.setdefault("redis_url", given["broker_url"])
    try:
        settings: Settings = _SCHEMA.load(given)
    except ValidationError as error:
        raise ConfigurationError("\n".join(_faults(error, given))) from None
    if broken := [wrong for rule in RULES if (wrong := _broken(rule, settings))]:
        raise ConfigurationError("\n".join(broken))
    absent = [name for name in OIDC if not getattr(settings, name)]
    if 0 < len(absent) < len(OIDC):
        names = " and ".join(map(variable, absent))
        raise ConfigurationError(_advice(f"{names} must be given together with what is given of OIDC", *absent))
    return settings


def _faults(error: ValidationError, given: Mapping[str, str]) -> Iterator[str]:
    wrong = dict(faults(error.messages))
    for name, fault in wrong.items():
        # If the broker's address is wrong too, it is not yet known whether a Redis must be named.
        if not (name == "redis_url" and "broker_url" in wrong):
            yield _advice(f"{variable(name)} {fault}", name, given=given.get(name, ""))


def load_setting(environ: Mapping[str, str], name: str) -> Any:
    """Read one setting alone, for code that needs no other. Raises ConfigurationError as `load_settings` does."""
    try:
        return _SCHEMA.fields[name].deserialize(environ.get(variable(name)) or missing)
    except ValidationError as error:
        _, fault = next(faults({name: error.messages}))
        raise ConfigurationError(_advice(f"{variable(name)} {fault}", name)) from None


def misspelled(environ: Mapping[str, str]) -> Iterator[str]:
    """Report each variable with our prefix that nothing reads, and suggest the setting that was perhaps meant."""
    known = {variable(name) for name in _SCHEMA.fields} | OTHER_VARIABLES
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in known:
            close = get_close_matches(name, known, n=1)
            yield f"{name} is not a setting and has no effect" + (f"; did you mean {close[0]}?" if close else "")


def variable(name: str) -> str:
    """Return the name of a setting's environment variable."""
    return PREFIX + name.upper()


def _advice(fault: str, *names: str, given: str = "") -> str:
    examples = " ".join(f"{variable(name)}={_example(name, given)}" for name in names)
    return f"{fault}; for example: {examples}"


def _example(name: str, given: str) -> str:
    """The example of a setting; for an address, one with the scheme that was given."""
    metadata = _SCHEMA.fields[name].metadata
    return str(metadata.get("examples", {}).get(given.partition("://")[0], metadata["example"]))


def _broken(rule: Rule, settings: Settings) -> str | None:
    values = [getattr(settings, name) for name in rule.names]
    if rule.holds(*values):
        return None
    first, *others = (f"{variable(name)} ({value:g})" for name, value in zip(rule.names, values, strict=True))
    return _advice(f"{first} {rule.wrong} {' and '.join(others)}", *rule.names)
