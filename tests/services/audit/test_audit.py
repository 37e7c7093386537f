"""The audit finds nothing in what the processes left, and every row that was damaged by hand."""

import json
import subprocess
import sys
from collections.abc import Iterable

import pytest

from adapters.database import sessions as db
from adapters.prefect.api import PrefectAway, RunState
from domain.messages import said
from domain.tracking import is_valid_s10, s10_number
from models.enums import LabelState, ServiceLevel
from models.tables.shipping import ShippingLabel
from services.audit.audit import LISTED, LIVE_RUNS, audit, database_checks
from services.audit.invariants import SENT_TWICE
from tests.process import execute
from tests.services.audit.day_shop import (
    BACKORDERED,
    NEW,
    PUT_SHORT,
    SHIPPED,
    WAITING,
    check_named,
    damage,
    problems_of,
    shop,
    shop_copy,
    shop_session,
)
from tests.services.audit.shop_damages import DAMAGES

pytestmark = pytest.mark.lengthy

__all__ = ["shop", "shop_copy", "shop_session"]


class FakePrefect:
    """Prefect with one state for every run; `meanwhile` happens elsewhere while it is asked."""

    def __init__(self, state: RunState | None, away: bool = False, meanwhile: str = "") -> None:
        self.state = state
        self.away = away
        self.meanwhile = meanwhile

    def states(self, run_ids: Iterable[str]) -> dict[str, RunState]:
        if self.away:
            raise PrefectAway("http://prefect.example/api", "connection refused")
        asked = list(run_ids)
        if self.meanwhile:
            with db.transaction() as session:
                damage(session, self.meanwhile)
        return dict.fromkeys(asked, self.state) if self.state else {}


def test_what_the_processes_left_passes_every_check(shop):
    report = audit(FakePrefect(RunState("PAUSED", "Suspended")))
    assert report.ok
    assert [check for check in report.checks if not check.ok or check.skipped] == []


@pytest.mark.parametrize("done", DAMAGES, ids=lambda done: done.names[:60])
def test_damage_by_hand_is_found_and_named(shop_session, done):
    damage(shop_session, done.sql)
    problems = problems_of(shop_session, done.check)
    assert any(done.names in problem for problem in problems), problems


def test_every_check_has_its_damage(shop):
    checked = {check.name for check in audit(None).checks}
    assert checked == {done.check for done in DAMAGES} | {LIVE_RUNS, SENT_TWICE.name}


def test_one_broken_check_breaks_the_report(shop_copy):
    with db.transaction() as session:
        damage(session, f"UPDATE shipment SET carrier = NULL WHERE order_number = {SHIPPED}")
    report = audit(None)
    assert not report.ok
    assert [check.name for check in report.checks if not check.ok] == [
        "shipped orders have their cost, carrier and times",
        "a shipment's tracking number is its first label's",
    ]


def test_of_many_problems_some_are_named_and_the_rest_is_counted(shop_session):
    damage(
        shop_session,
        "INSERT INTO stock_level (sku, warehouse, bin, on_hand, allocated)"
        " SELECT 'LOST-' || n, 'MAIN', '', 1, 0"
        f" FROM generate_series(1, {LISTED + 5}) AS n",
    )
    name = "stock on hand is the sum of its movements"
    problems = check_named(database_checks(shop_session), name).problems
    assert len(problems) == LISTED + 1
    assert problems[-1] == "and 5 more"


def test_the_check_digit_is_the_same_in_the_database_as_in_the_rules(shop_session):
    right = [s10_number(serial, "GB") for serial in range(0, 10_000_000, 99_991)]
    wrong = [f"{number[:10]}{(int(number[10]) + 1) % 10}GB" for number in right]
    shop_session.add_all(a_label(number) for number in right + wrong)
    shop_session.flush()
    name = "the house carrier's tracking numbers are valid"
    check = check_named(database_checks(shop_session), name)
    assert all(is_valid_s10(number) == (number in right) for number in right + wrong)
    assert check.problems[-1] == f"and {len(wrong) - LISTED} more"
    assert not any(number in problem for number in right for problem in check.problems)


def test_open_orders_whose_run_failed_are_named_with_the_way_out(shop_copy):
    why = json.dumps(said("Get Picking Checklist: no bin").as_data())
    execute(f"UPDATE shipment SET problem = '{why}'")
    report = audit(FakePrefect(RunState("FAILED", "Failed")))
    problems = check_named(report.checks, LIVE_RUNS).problems
    assert not report.ok
    assert problems == (
        f"Order {BACKORDERED} is Backordered, and its run failed (Get Picking Checklist: no bin):"
        " mend that and press Retry in Prefect's UI.",
        f"Order {WAITING} is Processing, and its run failed (Get Picking Checklist: no bin):"
        " mend that and press Retry in Prefect's UI.",
        f"Order {PUT_SHORT} is Processing, and its run failed (Get Picking Checklist: no bin):"
        " mend that and press Retry in Prefect's UI.",
    )


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (None, "is Deleted"),
        (RunState("CANCELLED", "Cancelled"), "is Cancelled"),
        (RunState("COMPLETED", "Completed"), "is Completed"),
    ],
)
def test_open_orders_whose_run_is_over_or_gone_are_named(shop, state, name):
    check = check_named(audit(FakePrefect(state)).checks, LIVE_RUNS)
    assert not check.ok
    assert len(check.problems) == 3
    assert name in check.problems[0]


def test_an_order_that_ends_while_prefect_is_asked_is_not_blamed(shop_copy):
    ends = (
        "UPDATE shipment SET status = 'Cancelled', cancelled_at = now()"
        f" WHERE order_number IN ({BACKORDERED}, {WAITING}, {PUT_SHORT})"
    )
    report = audit(FakePrefect(RunState("COMPLETED", "Completed"), meanwhile=ends))
    assert check_named(report.checks, LIVE_RUNS).ok


def test_without_prefect_the_runs_are_skipped_and_the_rest_counts(shop):
    report = audit(None)
    assert report.ok
    assert "Prefect was not asked" in check_named(report.checks, LIVE_RUNS).skipped


def test_while_prefect_is_away_the_runs_are_skipped_with_its_reason(shop):
    report = audit(FakePrefect(None, away=True))
    assert report.ok
    assert (
        "http://prefect.example/api does not answer"
        in check_named(report.checks, LIVE_RUNS).skipped
    )


def test_the_report_says_first_whether_all_is_well(shop):
    assert audit(None).model_dump_json().startswith('{"ok":true,')


def test_the_audit_does_without_the_prefect_library():
    program = "import sys, services.audit.audit; sys.exit('prefect' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def a_label(tracking_number: str) -> ShippingLabel:
    return ShippingLabel(
        order_number=NEW,
        parcel=1,
        key=f"order:{NEW}:{tracking_number}",
        state=LabelState.VOIDED,
        carrier="house",
        service_level=ServiceLevel.STANDARD,
        zone="1",
        weight_grams=1,
        length_mm=1,
        width_mm=1,
        height_mm=1,
        tracking_number=tracking_number,
    )
