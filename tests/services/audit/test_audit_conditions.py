"""A check that asks for several things notices each of them, and blames nobody else.

The shop is one in which orders stand wherever they can: the audit finds nothing there, and of
damage by hand it names just that.
"""

from collections.abc import Iterator

import pytest
from sqlmodel import Session

from adapters.database import sessions as db
from services.audit.audit import audit
from tests.conftest import clone, using
from tests.mailserver import MailServer
from tests.process import Process
from tests.services.audit.audit_shop import live_a_week
from tests.services.audit.damages import WEEK_DAMAGES
from tests.services.audit.day_shop import damage, problems_of

pytestmark = pytest.mark.lengthy


@pytest.fixture(scope="module")
def week(postgres_url: str) -> Iterator[str]:
    """The shop's database, to be looked at."""
    mail_server = MailServer()
    mail_server.start()
    smtp = {"PACKLINE_SMTP_HOST": "127.0.0.1", "PACKLINE_SMTP_PORT": str(mail_server.port)}
    with clone(postgres_url) as url:
        with using(url, **smtp), pytest.MonkeyPatch.context() as monkeypatch:
            live_a_week(Process(monkeypatch))
        yield url
    mail_server.stop()


@pytest.fixture
def session(week: str) -> Iterator[Session]:
    """A session in that shop, whose work is undone."""
    with using(week), db.engine().connect() as connection, Session(connection) as session:
        yield session
        session.rollback()


def test_wherever_orders_stand_the_audit_finds_nothing(week):
    with using(week):
        report = audit(None)
    assert [check for check in report.checks if not check.ok] == []


@pytest.mark.parametrize("done", WEEK_DAMAGES, ids=lambda done: f"{done.check}: {done.names}"[:90])
def test_the_check_names_the_damage_and_nothing_else(session, done):
    damage(session, done.sql)
    problems = problems_of(session, done.check)
    assert any(done.names in problem for problem in problems), problems
    others = [problem for problem in problems if done.names not in problem]
    assert [problem for problem in others if not done.also or done.also not in problem] == []
