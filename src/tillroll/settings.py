"""One frozen settings object, read once; every limit with its unit in its name.

Values come from flags, then from `TILLROLL_*` environment variables, then from a TOML file, then from here.
"""

import os
import tomllib
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

LOG_LEVELS = ("debug", "info", "warning", "error", "critical")


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Everything an operator can set; each default is what suits a single small machine."""

    db: str = "sqlite:///tillroll.db"
    host: str = "127.0.0.1"
    port: int = 8080
    workers: int = 1
    # Emporix allows 200 items per batch; a rich item is about 2 KiB, so 1 MiB holds the largest honest body twice.
    body_bytes_max: int = 1_048_576
    # What unfinished requests and answers that nobody takes may hold in one process: 64 of the largest bodies.
    held_bytes_max: int = 67_108_864
    # How long a client may take for the headers of a request, for its body, and to take the answer; for the last two,
    # the time begins anew while at least 4 KiB a second get on.
    head_seconds_max: float = 10.0
    body_seconds_max: float = 20.0
    answer_seconds_max: float = 30.0
    # Connections of one process; fewer where the system allows it fewer open files.
    connections_max: int = 10_000
    # About two seconds of work at full speed: what waits longer is better told to come back.
    write_queue_max: int = 10_000
    # How long a request may wait for the database and be worked on: whoever asks has given up by then, or asks again.
    request_seconds: float = 5
    # How long SQLite's write-ahead log may become while another program reads one snapshot: 4 GiB are some hours of a
    # busy shop, and fit on a disk that has room for its database twice. 0 means any length.
    wal_bytes_max: int = 4_294_967_296
    service_token_seconds: int = 14_399
    anonymous_token_seconds: int = 3_599
    refresh_token_seconds: int = 86_399
    # How long a cart that nobody touches is kept (docs/wire/emporix.md, 5.1).
    cart_idle_days: int = 30
    # How long the cart of a search session is kept after its last report; the session itself lasts a day.
    search_cart_idle_days: int = 30
    customer_token_seconds: int = 2_591_999
    password_reset_seconds: int = 3_600
    # Failed logins in a row that cost nothing, of one account and from one address; 0 means no limit.
    login_account_failures_max: int = 10
    login_address_failures_max: int = 100
    # How long the wait after each further failure may become; it begins at one second and doubles.
    login_delay_seconds_max: int = 300
    # Addresses and networks of reverse proxies, with commas between them, whose X-Forwarded-For is believed. Nobody by
    # default: whoever is believed can be anybody.
    trusted_proxies: str = ""
    # How many passwords are hashed at once, each with 19 MiB of memory.
    password_threads: int = 2
    # How long a user of the inventory stays logged in: two weeks.
    user_session_seconds: int = 1_209_600
    # How many may sign up for an inventory from one address, such as an office, in an hour; 0 means any number.
    sign_ups_per_hour: int = 20
    # Whether cookies go over TLS only, whatever the proxy says; it says so by X-Forwarded-Proto.
    secure_cookies: bool = False
    # How long an Idempotency-Key is remembered.
    idempotency_seconds: int = 86_400
    # How many cart, checkout and conversation reports one visitor, and one company, may send a minute to one process; 0
    # means any number. A visitor who clicks without a pause sends some sixty.
    visitor_reports_per_minute: int = 600
    company_reports_per_minute: int = 0
    # How many reports pages on one address may send a minute to one process without a key, each KiB of them counting as
    # one more; 0 means any number. A thousand visitors behind one address of a mobile network click some 3,000 times.
    address_reports_per_minute: int = 3_000
    # How many refused reports of one address are kept a minute, ten times as many for one shop; more are only counted.
    refused_calls_per_minute: int = 60
    # How many guest sessions one address may begin or go on with in a minute.
    sessions_per_minute: int = 600
    # How many customers may sign up in an hour from one address, and how often somebody there may have forgotten a
    # password; a back office may without end.
    customer_sign_ups_per_hour: int = 240
    password_resets_per_hour: int = 60
    # How many wrong codes of coupons, client secrets, keys and tokens one address may send a minute.
    guesses_per_minute: int = 60
    log_level: str = "info"

    def __post_init__(self) -> None:
        """Raises ValueError for a value of the right type that can not be used."""
        if not 0 < self.request_seconds < float("inf"):
            raise ValueError("request_seconds must be more than 0")
        if self.wal_bytes_max < 0:
            raise ValueError("wal_bytes_max must be 0 or more")
        _ = self.trusted_networks
        if self.log_level not in LOG_LEVELS:
            raise ValueError(f"log_level: {self.log_level!r} is none of {', '.join(LOG_LEVELS)}")
        if self.workers < 1:
            raise ValueError("workers: at least one server process is needed")
        for name in ("held_bytes_max", "head_seconds_max", "body_seconds_max", "answer_seconds_max", "connections_max"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name}: has to be more than nothing")

    @property
    def trusted_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The networks of the trusted proxies; a single address is a network of one."""
        parts = [part.strip() for part in self.trusted_proxies.split(",") if part.strip()]
        try:
            return tuple(ip_network(part, strict=False) for part in parts)
        except ValueError as error:
            raise ValueError(f"trusted_proxies: {error}") from error


def load(flags: dict[str, Any], config: Path | None = None) -> Settings:
    """Settings from flags (None means not given), environment and file; raises ValueError that names the wrong one."""
    values: dict[str, Any] = {}
    if config is not None:
        values.update(tomllib.loads(config.read_text()))
    for name in Settings.__struct_fields__:
        given = os.environ.get(f"TILLROLL_{name.upper()}")
        if given is not None:
            values[name] = given
    values.update({name: value for name, value in flags.items() if value is not None})
    try:
        return msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"settings: {error}") from error
