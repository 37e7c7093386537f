"""Two connections look at one instant, and one that fails ends the look."""

import threading

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from adapters.database.sessions import transaction
from services.audit.audit import CHECKS, audit
from services.audit.looking import look_at_all
from tests.factories import make_product


def products(session):
    return session.scalar(text("SELECT count(*) FROM product"))


def pid(session):
    return session.scalar(text("SELECT pg_backend_pid()"))


def test_both_see_what_there_was_when_the_first_began(database):
    both = threading.Barrier(2)

    def look(session):
        both.wait(30)  # each of the two has begun
        if not added.is_set():
            added.set()
            with transaction() as other:
                make_product(other, "MUG", stock=1)
        both.wait(30)
        return products(session), pid(session)

    added = threading.Event()
    (first, one), (second, other) = look_at_all([look, look], lambda _: None)
    assert (first, second) == (0, 0)
    assert one != other


def test_answers_come_in_the_order_of_the_questions_and_each_is_told(database):
    told = []
    answers = look_at_all([lambda _, n=n: n for n in range(50)], told.append)
    assert answers == list(range(50))
    assert sorted(told)[-1] == 50


def test_nothing_is_changed_and_the_trouble_of_one_question_is_everybodys(database):
    asked = []

    def late(session):
        asked.append(session)

    with pytest.raises(DBAPIError, match="read-only"):
        look_at_all([lambda session: session.execute(text("DELETE FROM product"))], print)
    with pytest.raises(ZeroDivisionError):
        look_at_all([lambda _: 1 / 0, *[late] * 500], lambda _: None)
    assert len(asked) < 500


def test_the_audit_says_how_many_checks_are_done(database):
    done = []
    audit(None, watch=done.append)
    assert done[-1] == CHECKS == max(done)
