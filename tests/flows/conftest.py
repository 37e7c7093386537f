"""A shop with mugs and plates, a mail server, and a process without Prefect."""

from collections.abc import Iterator

import pytest

from adapters.database import transaction
from models.base import utc_now
from tests.conftest import using
from tests.factories import make_product, make_tariffs
from tests.mailserver import MailServer
from tests.process import ANSWERS, Process


@pytest.fixture
def shop(database: str, mail_server: MailServer) -> Iterator[None]:
    with using(database, PACKLINE_SMTP_HOST="127.0.0.1", PACKLINE_SMTP_PORT=str(mail_server.port)):
        with transaction() as session:
            make_tariffs(session)
            make_product(session, "MUG", stock=10)
            make_product(session, "PLATE", stock=4, weight_grams=500, bin="A-10-1")
        yield


@pytest.fixture
def process(shop: None, monkeypatch: pytest.MonkeyPatch) -> Process:
    monkeypatch.setitem(ANSWERS["carrier-pickup"], "collected_at", utc_now().isoformat())
    return Process(monkeypatch)
