"""The smallest box that goods fit into."""

import pytest

from domain.boxes import Box, Goods, by_size, smallest_box

SMALL = Box("S", (200, 150, 100), 80, 2_000)
FLAT = Box("F", (400, 300, 30), 60, 1_000)
LARGE = Box("L", (400, 300, 200), 250, 20_000)
BOXES = [LARGE, FLAT, SMALL]


def goods(*sides, grams=300, pieces=1):
    return Goods(sides or None, grams, pieces)


@pytest.mark.parametrize(
    ("packed", "code"),
    [
        ([goods(190, 140, 90)], "S"),
        ([goods(90, 190, 140)], "S"),  # turned
        ([goods(200, 150, 100)], "S"),  # alone, it may fill its box
        ([goods(201, 20, 20)], "F"),  # little room, but long
        ([goods(100, 100, 100, pieces=2)], "S"),
        ([goods(100, 100, 100, pieces=3)], "L"),  # fits by volume, but nothing is cut to measure
        ([goods(50, 50, 50), goods(100, 100, 35)], "S"),
        ([goods(50, 50, 50), goods(101, 101, 101)], "L"),
        ([goods(50, 50, 50, grams=2_001)], "L"),  # too heavy
        ([goods(50, 50, 50, grams=700, pieces=3)], "L"),
        ([goods(50, 50, 50, grams=20_001)], None),
        ([goods(401, 20, 20)], None),
        ([goods(50, 50, 50), goods()], None),  # not measured
        ([], None),
    ],
)
def test_the_smallest_box_that_holds_all_goods_is_proposed(packed, code):
    proposed = smallest_box(BOXES, packed)
    assert (proposed and proposed.code) == code


def test_boxes_are_listed_by_their_room_and_then_by_their_weight():
    light = Box("S2", (150, 200, 100), 79, 2_000)
    assert [box.code for box in by_size([LARGE, FLAT, SMALL, light])] == ["S2", "S", "F", "L"]
