"""What can be set, in one place. Every setting is an environment variable `PACKLINE_…`."""

import ipaddress
import os
import re
import shlex
from collections.abc import Iterable
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from pydantic import (
    BeforeValidator,
    EmailStr,
    Field,
    FilePath,
    PositiveInt,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from domain.calendars import check_place, check_zone, clock, has_hours, weekdays
from domain.errors import FieldError, PacklineError
from domain.messages import Message, Value, said
from domain.money import UnknownCurrency, exponent
from domain.picking import ScanBins, ScanItems
from domain.refunds import ShippingRefunds
from domain.short_picks import ShortPick
from domain.sourcing import Strategy
from domain.texts import composed


def _composed(value: object) -> object:
    return composed(value) if isinstance(value, str) else value


Line = Annotated[
    str, BeforeValidator(_composed), Field(min_length=1, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
MOST_WORKING_HOURS = 2_000
"""So many may be set until something is due."""
WorkingHours = Annotated[float, Field(gt=0, le=MOST_WORKING_HOURS)]

_PREFIX = "PACKLINE_"
_NEVER_SHOWN = ("PASSWORD", "AUTH", "DATABASE_URL", "SECRET")
_SECRET_CHARACTERS = 32


class BadSetting(PacklineError):
    """Settings have values that Packline cannot work with."""

    message = "{problems:. }."

    def __init__(self, problems: Iterable[Message]) -> None:
        super().__init__(problems=tuple(problems))


class WrongSetting(FieldError):
    """Why a setting's value is refused, in words that follow it."""

    messages = {
        "not-a-locale": "is not a locale such as en_GB",
        "not-a-currency": "is not a currency of ISO 4217 such as EUR",
        "shop-closes-at-opening": "must not be PACKLINE_OPENS_AT {opens_at!r}, too",
        "shop-needs-holiday-country": "needs PACKLINE_HOLIDAY_COUNTRY",
        "no-place-for-tracking-number": "must contain {{tracking_number}}",
        "other-braces": "must have no braces but those of {{tracking_number}}",
        "not-a-web-address": "must begin with https:// or http:// and a host",
        "not-a-database-url": "must look like postgresql://user:password@host:5432/name",
        "not-an-auth-string": "must look like user:password",
        "password-in-clear": (
            "would send PACKLINE_SMTP_PASSWORD in clear to {host}: choose starttls or tls, or leave"
            " the password away"
        ),
        "not-an-address": "must look like 127.0.0.1:8320",
        "no-proxies": "must be addresses or networks such as 10.0.0.1 or 10.0.0.0/24",
        "short-secret": "must have at least 32 characters",
        "half-of-tls": "needs PACKLINE_CONSOLE_TLS_CERT and PACKLINE_CONSOLE_TLS_KEY, both",
        "not-a-command": "must be a command with its arguments, quoted as a shell takes them",
    }


class SmtpTls(StrEnum):
    """How the connection to the mail server is encrypted."""

    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


class Settings(BaseSettings):
    """Packline's settings, read from the environment."""

    model_config = SettingsConfigDict(env_prefix=_PREFIX, env_ignore_empty=True, frozen=True)

    database_url: str | None = Field(
        None,
        repr=False,
        description="Postgres to use, as postgresql://user@host/name; empty: start our own",
    )
    data_folder: Path = Field(
        Path("var"), description="Where our own Postgres, caught mails and logs are kept"
    )

    shop_name: Line = Field("Fernway Home", max_length=100, description="The shop's name, in mails")
    sender_address: Line = Field(
        "Fernway Home, Unit 4 Mill Lane, Leeds LS1 4AP, GB",
        max_length=200,
        description="The sender's address on labels, parts separated by commas",
    )
    time_zone: str = Field("Europe/London", description="The shop's time zone")
    locale: str = Field(
        "en_GB",
        description="How amounts and dates are written, and the language of errors: `de_DE` says"
        " them in German",
    )
    currency: str | None = Field(
        None,
        description="Currency of shipping costs where the tariff lacks the order's;"
        " empty: the only one that it has",
    )
    refund_shipping: ShippingRefunds = Field(
        ShippingRefunds.AT_THE_END,
        description="When shipping comes back: `at the end`, once nothing of the order ships, or"
        " `by share`, with each line",
    )

    smtp_host: str | None = Field(
        None, description="The mail server; empty: `packline up` catches mails in the data folder"
    )
    smtp_port: int = Field(25, ge=1, le=65535, description="Its port")
    smtp_username: str | None = Field(None, description="User name for the mail server")
    smtp_password: SecretStr | None = Field(None, description="Password for the mail server")
    smtp_tls: SmtpTls | None = Field(
        None,
        description="How the connection is encrypted: starttls, tls (from the first byte) or none;"
        " empty: none on this machine, starttls elsewhere",
    )
    smtp_ca: FilePath | None = Field(
        None, description="Certificates (PEM) to trust besides the system's, for its TLS"
    )
    smtp_timeout_seconds: Seconds = Field(
        10, description="How long an attempt to hand it a mail may take"
    )
    carrier_timeout_seconds: Seconds = Field(
        10, description="How long to wait for a carrier's answer"
    )
    mail_from: EmailStr = Field("orders@fernway.example", description="The sender of all mails")
    management_emails: Annotated[list[EmailStr], NoDecode] = Field(
        ["management@fernway.example"],
        min_length=1,
        description="Who gets the daily report and alarms, separated by commas",
    )
    alarm_command: str | None = Field(
        None,
        description="A command that gets each alarm of which no mail can tell, as JSON on its"
        " standard input",
    )
    alarm_after_seconds: Seconds = Field(
        300, description="Something outside that is away for so long is an alarm"
    )

    prefect_api_url: str = Field(
        "http://127.0.0.1:4200/api", description="Prefect's API; `packline up` has its own"
    )
    prefect_auth: SecretStr | None = Field(
        None, description="Prefect's auth string, as user:password"
    )

    tracking_url: str = Field(
        "https://track.fernway.example/{tracking_number}",
        description="Where a customer follows a parcel",
    )
    house_carrier_title: Line = Field(
        "Fernway Parcels",
        max_length=64,
        description="What customers call the house carrier, in mails and on labels",
    )
    carrier_country: str = Field(
        "GB", pattern="^[A-Z]{2}$", description="The house carrier's country, in tracking numbers"
    )
    volume_divisor: PositiveInt = Field(
        5000, description="Dimensional weight: cubic millimetres per gram"
    )
    max_parcel_grams: int = Field(30_000, ge=1000, description="The heaviest parcel allowed")
    weight_tolerance: float = Field(
        0.05,
        ge=0,
        lt=1,
        description="The share by which parcels may be lighter than their goods by the catalogue",
    )

    console_bind: str = Field(
        "127.0.0.1:8320", description="Where the console listens, as host:port"
    )
    console_url: str | None = Field(
        None,
        description="The console's address as people's devices reach it, for links and QR codes;"
        " empty: there are none",
    )
    console_tls_cert: FilePath | None = Field(
        None, description="Its certificate (PEM), for TLS of its own"
    )
    console_tls_key: FilePath | None = Field(
        None, validate_default=True, description="The key of the certificate (PEM)"
    )
    trusted_proxies: str = Field(
        "",
        description="Addresses of the reverse proxies before the console, separated by commas:"
        " who is behind them, and whether by TLS, is taken from their headers",
    )
    secret_key: SecretStr | None = Field(
        None,
        description="Signs sessions and links, at least 32 characters, the same for all copies;"
        " behind a comma, its predecessor. Empty: one is made in the data folder",
    )
    session_hours: float = Field(
        12, gt=0, le=168, description="So long somebody stays signed in to the console"
    )
    session_idle_minutes: float = Field(
        60, gt=0, le=10_080, description="A session of which nothing is seen for so long ends"
    )
    device_idle_minutes: float = Field(
        5, gt=0, le=10_080, description="The same for somebody who is signed in on a shared device"
    )
    take_minutes: float = Field(
        15,
        gt=0,
        le=1_440,
        description="A task that was taken is free again after so long a silence",
    )
    scan_items: ScanItems = Field(
        ScanItems.OPTIONAL,
        description="Whether each piece that is picked is scanned: required (without, only an"
        " operator can finish a picking) or optional",
    )
    scan_bins: ScanBins = Field(
        ScanBins.OPTIONAL,
        description="Whether a bin is scanned before what lies in it: first or optional",
    )
    cart_totes: int = Field(
        6, ge=1, le=50, description="The totes on a picking cart: so many orders make a batch"
    )

    working_days: str = Field(
        "mon-fri", description="The days on which the shop works, such as mon-fri or tue,thu-sat"
    )
    opens_at: str = Field("08:00", description="When it opens, by the clock in its time zone")
    closes_at: str = Field(
        "18:00", description="When it closes, also on the day after; 24:00 is midnight"
    )
    holiday_country: str = Field(
        "", description="Nobody works on the holidays of this country, such as GB; empty: none"
    )
    holiday_subdivision: str = Field("", description="The part of the country, such as ENG")
    picking_hours: WorkingHours = Field(4, description="Working hours until a picking task is due")
    packing_hours: WorkingHours = Field(2, description="Working hours until a packing task is due")
    pickup_hours: WorkingHours = Field(8, description="Working hours until a carrier pickup is due")
    restock_hours: WorkingHours = Field(
        4, description="Working hours until the goods of a cancelled order are to be restocked"
    )
    decision_hours: WorkingHours = Field(
        2, description="Working hours until an operator's task is due"
    )
    express_share: float = Field(
        0.5, gt=0, le=1, description="The share of these hours that an express order's task has"
    )
    standard_promise_hours: WorkingHours = Field(
        20, description="Working hours in which a standard order is to leave"
    )
    express_promise_hours: WorkingHours = Field(
        10, description="Working hours in which an express order is to leave"
    )
    at_risk_hours: WorkingHours = Field(
        4, description="An order with fewer working hours left until it is to leave is at risk"
    )
    escalate_after_hours: WorkingHours = Field(
        2, description="Working hours from the reminder of a task until the role above is told"
    )
    reminder_seconds: Seconds = Field(30, description="Pause between looks for late tasks")
    day_closes_at_hour: int = Field(
        6,
        ge=0,
        le=23,
        description="A summary scheduled before this hour sums up the day that just ended",
    )

    backorders_first: bool = Field(
        True,
        description="Stock that older backorders wait for is kept for them; False: whoever comes",
    )
    allocation: Strategy = Field(
        Strategy.SINGLE_WAREHOUSE_FIRST,
        description="How an order's warehouse is chosen: single-warehouse-first, fewest-parcels or"
        " nearest-zone",
    )
    split_shipments: bool = Field(
        False, description="An order that no warehouse has all of may leave from several"
    )

    short_pick: ShortPick = Field(
        ShortPick.ASK,
        description="What is done when too little is found: ask (the operator), pick elsewhere,"
        " split, wait, cancel line or cancel order",
    )

    worker_threads: PositiveInt = Field(8, description="Flow runs that one worker works on at once")
    sweep_seconds: Seconds = Field(2, description="Pause between the dispatcher's sweeps")
    start_ahead: PositiveInt = Field(
        16, description="Orders whose run has been started and not yet taken up by a worker"
    )
    keep_runs_days: int = Field(
        30, ge=1, le=3650, description="Days for which Prefect keeps flow runs that have ended"
    )
    keep_events_days: int = Field(
        3, ge=1, le=3650, description="Days for which Prefect keeps its events"
    )

    handover_seconds: float = Field(
        5,
        ge=0,
        le=86_400,
        description="An answered run that does not go on for so long is resumed through Prefect",
    )
    lost_after_seconds: Seconds = Field(
        20,
        description="Who gives no sign of life for so long is lost: a run's worker, and whoever"
        " acts outside for it",
    )
    lock_timeout_seconds: Seconds = Field(
        5, description="So long a database session waits for what another one has locked"
    )
    idle_transaction_seconds: Seconds = Field(
        10, description="A session that stands still for so long inside a transaction is ended"
    )
    retry_seconds: Seconds = Field(
        1, description="First pause before something is tried again; it doubles each time"
    )
    retries: int = Field(
        3, ge=0, le=50, description="How often a step is tried again when Postgres broke off"
    )
    again_seconds: Seconds = Field(
        15, description="Pause before a run goes on while Postgres is away, or mail for a summary"
    )

    @field_validator("management_emails", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return [part.strip() for part in value.split(",")] if isinstance(value, str) else value

    @field_validator("smtp_tls")
    @classmethod
    def _keeps_the_password(cls, value: SmtpTls | None, info: ValidationInfo) -> SmtpTls | None:
        host = info.data.get("smtp_host")
        if value == SmtpTls.NONE and info.data.get("smtp_password") and not is_this_machine(host):
            raise WrongSetting("password-in-clear", host=host)
        return value

    @field_validator("alarm_command")
    @classmethod
    def _is_a_command(cls, value: str | None) -> str | None:
        try:
            words = value is None or shlex.split(value)
        except ValueError as error:
            raise WrongSetting("not-a-command") from error
        if not words:
            raise WrongSetting("not-a-command")
        return value

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        check_zone(value)
        return value

    @field_validator("locale")
    @classmethod
    def _known_locale(cls, value: str) -> str:
        try:
            Locale.parse(value)
        except (UnknownLocaleError, ValueError) as error:
            raise WrongSetting("not-a-locale") from error
        return value

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, value: str | None) -> str | None:
        try:
            exponent(value or "EUR")
        except UnknownCurrency as error:
            raise WrongSetting("not-a-currency") from error
        return value

    @field_validator("working_days")
    @classmethod
    def _names_weekdays(cls, value: str) -> str:
        weekdays(value)
        return value

    @field_validator("opens_at", "closes_at")
    @classmethod
    def _is_a_time(cls, value: str) -> str:
        clock(value)
        return value

    @field_validator("closes_at")
    @classmethod
    def _opens_for_a_while(cls, value: str, info: ValidationInfo) -> str:
        if not has_hours(info.data.get("opens_at", ""), value):
            opens_at = info.data["opens_at"]
            raise WrongSetting("shop-closes-at-opening", opens_at=opens_at)
        return value

    @field_validator("holiday_country")
    @classmethod
    def _has_known_holidays(cls, value: str) -> str:
        check_place(value, "")
        return value

    @field_validator("holiday_subdivision")
    @classmethod
    def _is_part_of_the_country(cls, value: str, info: ValidationInfo) -> str:
        if value and not info.data.get("holiday_country"):
            raise WrongSetting("shop-needs-holiday-country")
        check_place(info.data.get("holiday_country", ""), value)
        return value

    @field_validator("tracking_url")
    @classmethod
    def _has_place(cls, value: str) -> str:
        if "{tracking_number}" not in value:
            raise WrongSetting("no-place-for-tracking-number")
        try:
            value.format(tracking_number="")
        except (LookupError, ValueError) as error:
            raise WrongSetting("other-braces") from error
        return value

    @field_validator("console_bind")
    @classmethod
    def _is_host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdecimal() or not 0 <= int(port) <= 65535:
            raise WrongSetting("not-an-address")
        return value

    @field_validator("console_tls_key")
    @classmethod
    def _has_both(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if (value is None) != (info.data.get("console_tls_cert") is None):
            raise WrongSetting("half-of-tls")
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: str) -> str:
        try:
            for part in value.split(",") if value else ():
                ipaddress.ip_network(part.strip(), strict=False)
        except ValueError as error:
            raise WrongSetting("no-proxies") from error
        return value

    @field_validator("secret_key")
    @classmethod
    def _is_long(cls, value: SecretStr | None) -> SecretStr | None:
        keys = value.get_secret_value().split(",") if value else ()
        if any(len(key.strip()) < _SECRET_CHARACTERS for key in keys):
            raise WrongSetting("short-secret")
        return value

    @field_validator("tracking_url", "prefect_api_url", "console_url")
    @classmethod
    def _is_web_address(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"https?://[^/\s]", value):
            raise WrongSetting("not-a-web-address")
        return value

    @field_validator("database_url")
    @classmethod
    def _names_a_postgres(cls, value: str | None) -> str | None:
        if value is None or _is_postgres(value):
            return value
        raise WrongSetting("not-a-database-url")

    @field_validator("prefect_auth")
    @classmethod
    def _has_two_parts(cls, value: SecretStr | None) -> SecretStr | None:
        if value and ":" not in value.get_secret_value():
            raise WrongSetting("not-an-auth-string")
        return value

    @property
    def zone_info(self) -> ZoneInfo:
        """The shop's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def mail_encryption(self) -> SmtpTls:
        """How mails travel: in clear only on this machine, unless the shop says otherwise."""
        here = SmtpTls.NONE if is_this_machine(self.smtp_host) else SmtpTls.STARTTLS
        return self.smtp_tls or here


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process.

    Raises `BadSetting` with one sentence per bad value.
    """
    return _read(frozenset((k, v) for k, v in os.environ.items() if k.upper().startswith(_PREFIX)))


@lru_cache(maxsize=16)
def _read(_environment: frozenset[tuple[str, str]]) -> Settings:
    """The settings that an environment gives: read again, the same one gives the same."""
    try:
        return Settings()
    except ValidationError as error:
        raise BadSetting(map(_problem, error.errors())) from None


def is_this_machine(host: str | None) -> bool:
    """Whether what is sent to a host never leaves this machine; None is the mail catcher."""
    if host is None or host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _is_postgres(address: str) -> bool:
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        return False
    return url.drivername in ("postgresql", "postgres") and bool(url.database)


def _problem(details: ErrorDetails) -> Message:
    name = "_".join(str(part) for part in details["loc"][:1])
    setting = f"PACKLINE_{name.upper()}"
    found = details.get("ctx", {}).get("error")
    what = found.says if isinstance(found, FieldError) else said(_in_pydantics_words(details))
    values: dict[str, Value] = {"setting": setting, "problem": what}
    if any(secret in setting for secret in _NEVER_SHOWN):
        return Message("secret", "{setting}: {problem}. Correct it and start again.", values, name)
    values["given"] = repr(details["input"])
    return Message(
        "setting", "{setting} {given}: {problem}. Correct it and start again.", values, name
    )


def _in_pydantics_words(details: ErrorDetails) -> str:
    return details["msg"].removeprefix("Value error, ")
