"""The shop of day_shop.py, which many cases look at: lived in once."""

from collections.abc import Iterator

import pytest

from tests.databases import clone, using
from tests.mailserver import MailServer
from tests.process import Process
from tests.services.audit.day_shop import live_a_day


@pytest.fixture(scope="session")
def lived_in(postgres_url: str) -> Iterator[str]:
    """A shop where an order of each kind has come as far as it can, and the day is summed up."""
    mail_server = MailServer()
    mail_server.start()
    smtp = {"PACKLINE_SMTP_HOST": "127.0.0.1", "PACKLINE_SMTP_PORT": str(mail_server.port)}
    with clone(postgres_url, lasts=True) as url:
        with using(url, **smtp), pytest.MonkeyPatch.context() as monkeypatch:
            live_a_day(Process(monkeypatch))
        yield url
    mail_server.stop()
