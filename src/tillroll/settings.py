"""One frozen settings object, read once; every limit with its unit in its name.

Values come from flags, then from `TILLROLL_*` environment variables, then from a TOML file, then from here.
"""

import difflib
import math
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

LogLevel = Literal["debug", "info", "warning", "error", "critical"]
LOG_LEVELS: tuple[str, ...] = get_args(LogLevel)
PREFIX = "TILLROLL_"
# Variables of this prefix that are no settings: where the file of settings is, and what ends a child with its parent.
CONFIG_VARIABLE, LIFELINE_VARIABLE = "TILLROLL_CONFIG", "TILLROLL_LIFELINE"

PORT_MAX = 65_535
WORKERS_MAX = 512

Count = Annotated[int, Meta(ge=0)]
AtLeastOne = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything an operator can set; each default is what suits a single small machine."""

    db: str = "sqlite:///tillroll.db"
    host: str = "127.0.0.1"
    port: Annotated[int, Meta(ge=0, le=PORT_MAX)] = 8080
    workers: Annotated[int, Meta(ge=1, le=WORKERS_MAX)] = 1
    # Emporix allows 200 items per batch; a rich item is about 2 KiB, so 1 MiB holds the largest honest body twice.
    body_bytes_max: AtLeastOne = 1_048_576
    # What unfinished requests and answers that nobody takes may hold in one process: 64 of the largest bodies.
    held_bytes_max: AtLeastOne = 67_108_864
    # How long a client may take for the headers of a request, for its body, and to take the answer; for the last two,
    # the time begins anew while at least 4 KiB a second get on.
    head_seconds_max: Seconds = 10.0
    body_seconds_max: Seconds = 20.0
    answer_seconds_max: Seconds = 30.0
    # How long a stream of events is quiet before it says that nothing is new: proxies close what is quiet for a minute.
    stream_quiet_seconds: Seconds = 15.0
    # Connections of one process; fewer where the system allows it fewer open files.
    connections_max: AtLeastOne = 10_000
    # About two seconds of work at full speed: what waits longer is better told to come back.
    write_queue_max: Count = 10_000
    # How long a request may wait for the database and be worked on: whoever asks has given up by then, or asks again.
    request_seconds: Seconds = 5
    # How long SQLite's write-ahead log may become while another program reads one snapshot: 4 GiB are some hours of a
    # busy shop, and fit on a disk that has room for its database twice. 0 means any length.
    wal_bytes_max: Count = 4_294_967_296
    service_token_seconds: AtLeastOne = 14_399
    anonymous_token_seconds: AtLeastOne = 3_599
    refresh_token_seconds: AtLeastOne = 86_399
    # How long a cart that nobody touches is kept (docs/wire/emporix.md, 5.1).
    cart_idle_days: AtLeastOne = 30
    # How long the cart of a search session is kept after its last report; the session itself lasts a day.
    search_cart_idle_days: AtLeastOne = 30
    customer_token_seconds: AtLeastOne = 2_591_999
    password_reset_seconds: AtLeastOne = 3_600
    # Failed logins in a row that cost nothing, of one account and from one address; 0 means no limit.
    login_account_failures_max: Count = 10
    login_address_failures_max: Count = 100
    # How long the wait after each further failure may become; it begins at one second and doubles.
    login_delay_seconds_max: Count = 300
    # Addresses and networks of reverse proxies, with commas between them, whose X-Forwarded-For is believed. Nobody by
    # default: whoever is believed can be anybody.
    trusted_proxies: str = ""
    # How many passwords are hashed at once, each with 19 MiB of memory.
    password_threads: AtLeastOne = 2
    # How long a user of the inventory stays logged in: two weeks.
    user_session_seconds: AtLeastOne = 1_209_600
    # How many may sign up for an inventory from one address, such as an office, in an hour; 0 means any number.
    sign_ups_per_hour: Count = 20
    # Whether cookies go over TLS only, whatever the proxy says; it says so by X-Forwarded-Proto.
    secure_cookies: bool = False
    # How long an Idempotency-Key is remembered.
    idempotency_seconds: AtLeastOne = 86_400
    # How many cart, checkout and conversation reports one visitor, and one company, may send a minute to one process; 0
    # means any number. A visitor who clicks without a pause sends some sixty.
    visitor_reports_per_minute: Count = 600
    company_reports_per_minute: Count = 0
    # How many reports pages on one address may send a minute to one process without a key, each KiB of them counting as
    # one more; 0 means any number. A thousand visitors behind one address of a mobile network click some 3,000 times.
    address_reports_per_minute: Count = 3_000
    # How many refused reports of one address are kept a minute, ten times as many for one shop; more are only counted.
    refused_calls_per_minute: Count = 60
    # How many guest sessions one address may begin or go on with in a minute.
    sessions_per_minute: Count = 600
    # How many customers may sign up in an hour from one address, and how often somebody there may have forgotten a
    # password; a back office may without end.
    customer_sign_ups_per_hour: Count = 240
    password_resets_per_hour: Count = 60
    # How many wrong codes of coupons, client secrets, keys and tokens one address may send a minute.
    guesses_per_minute: Count = 60
    # How long a provider of payments may take for a call, and for one that asks for money: issuers answer in seconds.
    payment_call_seconds: Seconds = 10
    payment_authorise_seconds: Seconds = 20
    # What a buyer waits for at most before the order is told as IN_CHECKOUT.
    payment_request_seconds: Seconds = 30
    # How long nobody else touches an attempt that somebody is at work on: longer than a request waits.
    payment_lease_seconds: Seconds = 45
    # How long a buyer may take on a page of a bank, and how long an order is held that waits for its money.
    payment_action_seconds: Seconds = 1_800
    payment_hold_seconds: Seconds = 3_600
    # How long a delivery to a webhook endpoint may take in all: Standard Webhooks recommends 15 to 30 seconds.
    webhook_call_seconds: Seconds = 15
    # Whether endpoints may be in private networks and on this machine, then also without TLS: whoever may register one
    # would otherwise reach what only this server reaches.
    webhook_private_targets: bool = False
    # Where browsers reach this server: buyers come back from their banks by it, so that their payments settle at once.
    public_url: str = ""
    log_level: LogLevel = "info"

    def __post_init__(self) -> None:
        """Raises ValueError for a value of the right type and range that can not be used all the same."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{name}: a finite number is needed")
        _ = self.trusted_networks

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of the trusted proxies; a single address is a network of one."""
        parts = [part.strip() for part in self.trusted_proxies.split(",") if part.strip()]
        try:
            return tuple(ip_network(part, strict=False) for part in parts)
        except ValueError as error:
            raise ValueError(f"trusted_proxies: {error}") from error


class Given(NamedTuple):
    """A value of a setting, and where it stands, in words that lead there."""

    name: str
    value: Any
    source: str


def load(flags: Mapping[str, Any], config: Path | None = None) -> Settings:
    """Settings from flags (None means not given), environment and file.

    Raises ValueError, which names the flag, the variable, or the file and its line, for a setting that does not exist
    and for a value that can not be used.
    """
    known = get_type_hints(Settings, include_extras=True)
    values: dict[str, Any] = {}
    for given in (*_of_file(config), *_of_environment(), *_of_flags(flags)):
        _refuse_unknown(given)
        try:
            value = given.value.strip() if isinstance(given.value, str) else given.value
            values[given.name] = msgspec.convert(value, known[given.name], strict=False)
            Settings(**{given.name: values[given.name]})
        except ValueError as error:  # of msgspec, or of the settings themselves
            raise ValueError(f"{given.source}: {error}") from error
    return Settings(**values)


def check_variables() -> None:
    """Raises ValueError for a `TILLROLL_*` variable that names no setting, for commands that heed none of them."""
    for given in _of_environment():
        _refuse_unknown(given)


def _refuse_unknown(given: Given) -> None:
    if given.name not in Settings.__struct_fields__:
        raise ValueError(f"{given.source}: there is no setting {given.name}{_suggestion(given.name)}")


def _of_file(config: Path | None) -> Iterator[Given]:
    if config is None:
        return
    try:
        text = config.read_text("utf-8")
        document = tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise ValueError(f"{config}: {error}") from error
    for name, value in document.items():
        key = re.search(rf"""^[ \t\[]*["']?{re.escape(name)}["']?[ \t]*[=.\]]""", text, re.MULTILINE)
        line = text.count("\n", 0, key.start()) + 1 if key is not None else 1
        yield Given(name, value, f"{config}:{line}")


def _of_environment() -> Iterator[Given]:
    for variable, value in os.environ.items():
        if variable.startswith(PREFIX) and variable not in (CONFIG_VARIABLE, LIFELINE_VARIABLE):
            yield Given(variable.removeprefix(PREFIX).lower(), value, variable)


def _of_flags(flags: Mapping[str, Any]) -> Iterator[Given]:
    for name, value in flags.items():
        if value is not None:
            yield Given(name, value, "--" + name.replace("_", "-"))


def _suggestion(name: str) -> str:
    close = difflib.get_close_matches(name.lower(), Settings.__struct_fields__, 1)
    return f"; did you mean {close[0]}?" if close else ""
