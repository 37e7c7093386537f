"""The day's figures and the audit on the command line."""

import json
from datetime import date

from adapters.database.sessions import transaction
from models.tables.ledger import StepRecord
from models.tables.reports import DailySummary
from tests.console.asking import as_json


def test_a_summary_that_was_not_made_says_how_to_make_it(packline):
    status, _, err = packline("summary", "--day", "2026-11-23")
    assert status == 1
    assert "daily-summary" in err


def test_a_summary_is_shown_in_the_currencys_form(packline):
    with transaction() as session:
        session.add(
            DailySummary(
                day=date(2026, 11, 23),
                revision=1,
                orders_received=2,
                orders_shipped=1,
                pieces_shipped=3,
                backlog=1,
                revenue={"KWD": {"orders": 1, "pieces": 3, "revenue_minor": 12345}},
            )
        )
    _, out, _ = packline("summary")
    assert "12.345" in out
    assert as_json(packline("summary", "--json"))["revenue"]["KWD"]["revenue_minor"] == 12345


def test_the_audit_names_what_is_broken_and_fails(packline, picking):
    number, _ = picking
    with transaction() as session:
        session.delete(session.get(StepRecord, (f"order:{number}", "check-inventory-levels", 1)))
    status, out, _ = packline("audit", "--json")
    assert status == 1
    report = json.loads(out)
    assert not report["ok"]
    problems = [problem for check in report["checks"] for problem in check["problems"]]
    assert any(str(number) in problem for problem in problems)
    status, out, _ = packline("audit")
    assert status == 1
    assert "BROKEN" in out
