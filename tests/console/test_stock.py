"""Stock on the command line: listed, received, adjusted, counted, moved."""

import re

import pytest

from tests.console.asking import as_json
from tests.process import assert_sound


def mugs(packline):
    (mug,) = as_json(packline("stock", "--sku", "MUG", "--json"))
    return mug["on_hand"], mug["allocated"]


def test_a_delivery_is_booked_once(packline, shop):
    receive = ("stock", "receive", "MUG", 5, "--reference", "D-1", "--by", "Jo")
    assert packline(*receive)[0] == 0
    status, _, err = packline(*receive)
    assert status == 1
    assert "booked already" in err
    (mug,) = as_json(packline("stock", "--sku", "MUG", "--json"))
    assert (mug["on_hand"], mug["available"]) == (15, 15)
    assert "no product 'VASE'" in packline("stock", "receive", "VASE", 1, *receive[4:])[2]


def test_stock_is_adjusted_with_a_reason_and_once(packline, shop):
    why = ("--reason", "fell down", "--reference", "A-1", "--by", "Jo")
    assert packline("stock", "adjust", "MUG", "-2", "--kind", "damaged", *why)[0] == 0
    assert mugs(packline) == (8, 0)
    status, _, err = packline("stock", "adjust", "MUG", "-2", "--kind", "damaged", *why)
    assert (status, "booked already as damaged" in err) == (1, True)
    status, _, err = packline("stock", "adjust", "MUG", "2", "--kind", "damaged", *why)
    assert (status, "with a minus" in err) == (1, True)
    status, _, err = packline("stock", "adjust", "MUG", "2", "--reference", "A-2", "--by", "Jo")
    assert (status, "reason is missing" in err) == (1, True)
    assert mugs(packline) == (8, 0)


def test_an_adjustment_at_the_expense_of_an_order_is_refused_with_what_to_do(packline, picking):
    number, _ = picking
    why = ("--reason", "fell down", "--reference", "A-1", "--by", "Jo")
    status, _, err = packline("stock", "adjust", "MUG", "-9", *why)
    assert status == 1
    assert f"2 are allocated to order {number}" in err
    assert "packline stock count" in err
    assert mugs(packline) == (10, 2)


def test_a_count_says_what_was_before_and_whom_it_puts_short(packline, picking):
    number, _ = picking
    counted = ("stock", "count", "MUG", "1", "--reference", "C-1", "--by", "Kim")
    status, out, _ = packline(*counted)
    assert status == 0
    assert out == (
        f"MUG: 1 counted, the books had 10 (-9); short and with the operator: {number}.\n"
    )
    assert mugs(packline) == (1, 0)
    (task,) = as_json(packline("tasks", "--role", "operator", "--json"))
    assert (task["kind"], task["order_number"]) == ("short-pick", number)
    status, _, err = packline("done", task["id"], "--by", "Max", "--decision", "try again")
    assert (status, "too low to pick again" in err) == (1, True)
    assert "booked already as 1 counted" in packline(*counted)[2]
    assert_sound()


@pytest.mark.parametrize(
    ("command", "content", "on_hand"),
    [
        ("receive", "sku,quantity,reference,by\nMUG,5,D-1,Jo\nVASE,1,D-1,Jo\n", 15),
        (
            "adjust",
            "sku,quantity,kind,reason,reference,by\nMUG,-1,damaged,wet,A-1,Jo\nMUG,0,,x,A-2,Jo\n",
            9,
        ),
        ("count", "sku,counted,reference,by\nMUG,7,C-1,Kim\nMUG,many,C-2,Kim\n", 7),
    ],
)
def test_stock_comes_from_a_file_and_the_same_file_again_changes_nothing(
    packline, shop, tmp_path, command, content, on_hand
):
    path = tmp_path / "rows.csv"
    path.write_text(content)
    for accepted, unchanged in ((1, 0), (0, 1)):
        report = as_json(packline("stock", command, "--file", path, "--json"))
        counts = (report["accepted"], report["unchanged"], report["rejected"])
        assert counts == (accepted, unchanged, 1)
        assert mugs(packline)[0] == on_hand
    assert "line 3" in packline("stock", command, "--file", path)[2]


def test_a_file_and_a_product_together_are_refused(packline, shop, tmp_path):
    path = tmp_path / "rows.csv"
    status, _, err = packline("stock", "receive", "MUG", 5, "--file", path)
    assert (status, "Give a --file or sku, quantity, not both" in err) == (1, True)


def test_with_one_warehouse_no_list_names_it(packline, picking, wide):
    for command in ("stock", "tasks"):
        assert "MAIN" not in packline(command)[1]
        assert "Warehouse" not in packline(command)[1]


def test_with_several_the_stock_is_listed_by_warehouse(packline, york, wide):
    _, out, _ = packline("stock", "--sku", "MUG")
    assert re.findall(r"(MAIN|YORK) +(?:A-01-1 +)?(\d+)", out) == [("MAIN", "10"), ("YORK", "6")]
    (mug,) = as_json(packline("stock", "--warehouse", "YORK", "--json"))
    assert (mug["sku"], mug["warehouse"], mug["on_hand"]) == ("MUG", "YORK", 6)
    status, _, err = packline("stock", "--warehouse", "HULL")
    assert (status, "no warehouse 'HULL': there is MAIN and YORK" in err) == (1, True)


MOVE = ("--from", "MAIN", "--to", "YORK", "--reason", "near", "--reference", "T-1", "--by", "Jo")


def test_stock_is_moved_once(packline, york):
    status, out, _ = packline("stock", "move", "MUG", 3, *MOVE)
    assert (status, out) == (
        0,
        "MUG in MAIN: 7 on hand, 0 of them allocated.\n"
        "MUG in YORK: 9 on hand, 0 of them allocated.\n",
    )
    status, _, err = packline("stock", "move", "MUG", 3, *MOVE)
    assert (status, "booked already as transferred" in err) == (1, True)
    levels = as_json(packline("stock", "move", "MUG", 1, *MOVE, "--reference", "T-2", "--json"))
    assert [(level["warehouse"], level["on_hand"]) for level in levels] == [
        ("MAIN", 6),
        ("YORK", 10),
    ]
    assert "reason is missing" in packline("stock", "move", "MUG", 1)[2]
    assert_sound()


def test_transfers_come_from_a_file(packline, york, tmp_path):
    path = tmp_path / "van.csv"
    path.write_text(
        "sku,quantity,from_warehouse,to_warehouse,reason,reference,by\n"
        "MUG,2,YORK,MAIN,near,T-1,Jo\nMUG,99,YORK,MAIN,near,T-2,Jo\n"
    )
    report = as_json(packline("stock", "move", "--file", path, "--json"))
    assert (report["accepted"], report["rejected"]) == (1, 1)
    assert "MUG in YORK has 4 pieces on hand" in packline("stock", "move", "--file", path)[2]


def test_stock_is_received_adjusted_and_counted_where_it_is_said(packline, york):
    who = ("--warehouse", "YORK", "--by", "Jo", "--reference", "R-1")
    assert "MUG in YORK: 8 on hand" in packline("stock", "receive", "MUG", 2, *who)[1]
    out = packline("stock", "adjust", "MUG", "-1", "--reason", "wet", *who)[1]
    assert "MUG in YORK: 7 on hand" in out
    assert "MUG in YORK: 5 counted" in packline("stock", "count", "MUG", 5, *who)[1]
    assert "no warehouse 'HULL'" in packline(
        "stock", "count", "MUG", 5, "--warehouse", "HULL", "--by", "Jo", "--reference", "R-2"
    )[2]  # fmt: skip
    assert_sound()
