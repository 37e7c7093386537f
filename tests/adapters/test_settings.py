"""A bad setting stops the start with a sentence that names it, and no secret is ever shown."""

import pytest

from adapters.settings import BadSetting, Settings, settings
from tests.process import set_to


@pytest.fixture(autouse=True)
def read_anew():
    settings.cache_clear()
    yield
    settings.cache_clear()


BAD = {
    "DATABASE_URL": [
        "nonsense",
        "mysql://me:secret@127.0.0.1/shop",
        "postgresql://me:secret@127.0.0.1:port/shop",
        "postgresql://me:secret@127.0.0.1",
    ],
    "SHOP_NAME": ["Fernway\r\nBcc: evil@example.com", "x" * 101],
    "SENDER_ADDRESS": ["Mill Lane\nLeeds"],
    "HOUSE_CARRIER_TITLE": ["x" * 65],
    "TIME_ZONE": ["Leeds", "../etc/passwd", "+01:00"],
    "LOCALE": ["klingon", "en-GB", "xx_YY"],
    "SMTP_PORT": ["0", "65536", "smtp", "25.5"],
    "SMTP_TLS": ["perhaps", "true", "TLS1.2"],
    "SMTP_CA": ["/no/such/file.pem"],
    "SMTP_TIMEOUT_SECONDS": ["0", "-1", "nan", "inf"],
    "MAIL_FROM": ["orders", "orders@", "a@example.com\r\nBcc: evil@example.com"],
    "MANAGEMENT_EMAILS": ["boss", "boss@example.com,", "boss@example.com, owner"],
    "PREFECT_API_URL": ["127.0.0.1:4200", "ftp://127.0.0.1/api"],
    "PREFECT_AUTH": ["secret"],
    "TRACKING_URL": [
        "https://track.example",
        "track.example/{tracking_number}",
        "https://track.example/{tracking_number}/{lang}",
        "https://track.example/{tracking_number}/{",
    ],
    "CARRIER_COUNTRY": ["gb", "GBR", "G1"],
    "VOLUME_DIVISOR": ["0", "-5000"],
    "MAX_PARCEL_GRAMS": ["0", "much"],
    "WEIGHT_TOLERANCE": ["-0.01", "1", "5 %"],
    "ALLOCATION": ["nearest", "first"],
    "SPLIT_SHIPMENTS": ["perhaps"],
    "PICKING_HOURS": ["0", "inf", "1e300", "soon"],
    "WORKING_DAYS": ["mon-", "weekdays", "mon,,tue", "0-4", ","],
    "OPENS_AT": ["8", "08:60", "25:00", "8:00", "eight"],
    "CLOSES_AT": ["08:00", "24:01", "noon"],
    "HOLIDAY_COUNTRY": ["XX", "England", "gb"],
    "HOLIDAY_SUBDIVISION": ["ENG"],
    "EXPRESS_SHARE": ["0", "1.5"],
    "STANDARD_PROMISE_HOURS": ["0", "2001"],
    "DAY_CLOSES_AT_HOUR": ["-1", "24"],
    "WORKER_THREADS": ["0", "many"],
    "SWEEP_SECONDS": ["0"],
    "START_AHEAD": ["0"],
    "RETRY_SECONDS": ["0", "nan"],
    "RETRIES": ["-1", "51"],
    "ALARM_COMMAND": ["page 'somebody", " "],
    "ALARM_AFTER_SECONDS": ["0"],
    "CARRIER_TIMEOUT_SECONDS": ["0"],
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in BAD.items() for value in values]
)
def test_a_bad_value_is_refused_with_a_sentence_that_names_the_variable(monkeypatch, name, value):
    set_to(monkeypatch, **{f"PACKLINE_{name}": value})
    with pytest.raises(BadSetting) as refusal:
        settings()
    message = str(refusal.value)
    assert message.startswith(f"PACKLINE_{name}")
    assert message.endswith("Correct it and start again.")
    assert "secret" not in message
    assert "\n" not in message


def test_a_shop_that_closes_as_it_opens_is_refused(monkeypatch):
    set_to(monkeypatch, PACKLINE_OPENS_AT="18:00")
    with pytest.raises(BadSetting, match="must not be PACKLINE_OPENS_AT '18:00'"):
        settings()


def test_every_bad_value_has_a_sentence_of_its_own(monkeypatch):
    set_to(monkeypatch, PACKLINE_SMTP_PORT="smtp", PACKLINE_LOCALE="klingon")
    with pytest.raises(BadSetting, match=r"PACKLINE_LOCALE .+\. PACKLINE_SMTP_PORT .+\."):
        settings()


@pytest.mark.parametrize(
    ("country", "part", "sentence"),
    [
        ("GB", "LEEDS", "is no part of GB whose holidays are known: ENG, NIR, SCT, WLS"),
        ("JP", "13", "is not needed: the holidays of JP are the same everywhere"),
    ],
)
def test_a_part_of_a_country_that_is_not_known_is_refused_with_those_that_are(
    monkeypatch, country, part, sentence
):
    set_to(monkeypatch, PACKLINE_HOLIDAY_COUNTRY=country, PACKLINE_HOLIDAY_SUBDIVISION=part)
    with pytest.raises(BadSetting, match=f"PACKLINE_HOLIDAY_SUBDIVISION '{part}': {sentence}"):
        settings()


@pytest.mark.parametrize("host", ["mail.example.com", "10.0.0.1", "127.0.0.1.example.com"])
def test_a_password_is_never_to_travel_in_clear(monkeypatch, host):
    set_to(
        monkeypatch,
        PACKLINE_SMTP_HOST=host,
        PACKLINE_SMTP_USERNAME="me",
        PACKLINE_SMTP_PASSWORD="hunter2",
        PACKLINE_SMTP_TLS="none",
    )
    with pytest.raises(BadSetting, match=f"PACKLINE_SMTP_TLS .* in clear to {host}") as refusal:
        settings()
    assert "hunter2" not in str(refusal.value)


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_a_password_stays_on_this_machine_without_encryption(monkeypatch, host):
    set_to(
        monkeypatch,
        PACKLINE_SMTP_HOST=host,
        PACKLINE_SMTP_PASSWORD="hunter2",
        PACKLINE_SMTP_TLS="none",
    )
    assert settings().mail_encryption == "none"


@pytest.mark.parametrize(
    ("host", "encrypted"),
    [
        ("", "none"),
        ("127.0.0.1", "none"),
        ("mail.example.com", "starttls"),
        ("10.0.0.1", "starttls"),
    ],
)
def test_mails_are_encrypted_unless_the_shop_says_otherwise(monkeypatch, host, encrypted):
    set_to(monkeypatch, PACKLINE_SMTP_HOST=host)
    assert settings().mail_encryption == encrypted


@pytest.mark.parametrize("name", ["DATABASE_URL", "SMTP_PORT", "SHOP_NAME", "SMTP_HOST"])
def test_a_setting_that_is_empty_counts_as_not_set(monkeypatch, name):
    set_to(monkeypatch, **{f"PACKLINE_{name}": ""})
    field = name.lower()
    assert getattr(settings(), field) == Settings.model_fields[field].default


def test_good_values_are_taken(monkeypatch):
    set_to(
        monkeypatch,
        PACKLINE_DATABASE_URL="postgresql://me@/shop?host=/run/postgresql",
        PACKLINE_MANAGEMENT_EMAILS=" boss@example.com ,owner@example.com",
        PACKLINE_TIME_ZONE="Asia/Tokyo",
        PACKLINE_SHOP_NAME="Füße & Söhne <Leeds>",
    )
    assert settings().database_url == "postgresql://me@/shop?host=/run/postgresql"
    assert settings().management_emails == ["boss@example.com", "owner@example.com"]
    assert settings().zone_info.key == "Asia/Tokyo"
    assert settings().shop_name == "Füße & Söhne <Leeds>"


def test_no_password_is_shown_when_the_settings_are(monkeypatch):
    set_to(
        monkeypatch,
        PACKLINE_DATABASE_URL="postgresql://me:hunter2@127.0.0.1/shop",
        PACKLINE_SMTP_PASSWORD="hunter2",
        PACKLINE_PREFECT_AUTH="admin:hunter2",
    )
    assert "hunter2" not in repr(settings())
    assert "hunter2" not in str(settings())


def test_settings_cannot_be_changed_while_packline_runs():
    with pytest.raises(ValueError, match="frozen"):
        settings().shop_name = "Another"


def test_every_setting_is_described():
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []


def test_a_text_is_composed(monkeypatch):
    set_to(
        monkeypatch, PACKLINE_SHOP_NAME="Cafe\u0301", PACKLINE_SENDER_ADDRESS="Cafe\u0301, Leeds"
    )
    assert (settings().shop_name, settings().sender_address) == ("Caf\u00e9", "Caf\u00e9, Leeds")


def test_a_mail_address_is_read_in_either_form(monkeypatch):
    given = "post@xn--mller-kva.example, jo@m\u00dcller.example"
    set_to(monkeypatch, PACKLINE_MANAGEMENT_EMAILS=given)
    assert settings().management_emails == ["post@m\u00fcller.example", "jo@m\u00fcller.example"]
