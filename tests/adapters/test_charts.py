"""The chart, looked at through matplotlib's own objects and through the pixels of the PNG."""

from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.image import imread

from adapters.documents import charts
from adapters.documents.charts import orders_and_revenue_png
from models.views.daily_report import DailyReportView
from tests.adapters.test_rendering import make_day, make_report

BAR_COLOUR = (0x4A / 255, 0x6F / 255, 0x8A / 255)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Draws a view and gives the chart's panels."""
    figures: list[Figure] = []
    png = charts._png

    def remember(figure: Figure) -> bytes:
        figures.append(figure)
        return png(figure)

    monkeypatch.setattr(charts, "_png", remember)

    def draw(view: DailyReportView) -> list[Axes]:
        orders_and_revenue_png(view)
        return figures[-1].axes

    return draw


def pixels_of(view: DailyReportView) -> Any:
    return imread(BytesIO(orders_and_revenue_png(view)), format="png")[:, :, :3]


def bars_seen(pixels: Any) -> int:
    """How many runs of bar colour the row just above the axis crosses."""
    coloured = (abs(pixels - BAR_COLOUR) < 0.02).all(axis=2)
    fullest = coloured[max(range(len(coloured)), key=lambda row: coloured[row].sum())]
    return sum(after and not before for before, after in pairwise(fullest.tolist()))


def test_chart_is_twice_as_wide_as_a_mail_and_white_behind() -> None:
    pixels = pixels_of(make_report())
    assert pixels.shape[1] == 1280
    assert pixels[0, 0].tolist() == [1, 1, 1]


def test_every_day_with_orders_has_a_bar_of_its_height(drawn: Any) -> None:
    orders, *_ = drawn(make_report())
    heights = [bar.get_height() for bar in orders.patches]
    assert heights == [0] * 10 + [6, 0, 0, 38]
    assert bars_seen(pixels_of(make_report())) == 2


def test_days_without_orders_are_zero_and_not_left_out(drawn: Any) -> None:
    orders, revenue, _ = drawn(make_report())
    assert [text.get_text() for text in orders.texts][-3:] == ["0", "0", "38"]
    assert revenue.lines[0].get_ydata().tolist() == [0] * 10 + [1.0, 0, 0, 12345.67]


def test_each_currency_has_a_panel_named_after_it_in_major_units(drawn: Any) -> None:
    panels = drawn(make_report(history=(make_day(0, KWD=(1, 1500), JPY=(2, 1500)),)))
    names = [axes.get_ylabel() for axes in panels]
    assert names == ["Orders shipped", "Revenue (JPY)", "Revenue (KWD)"]
    assert [axes.lines[0].get_ydata()[-1] for axes in panels[1:]] == [1500, 1.5]


def test_three_currencies_at_most_have_a_panel(drawn: Any) -> None:
    history = (make_day(0, GBP=(4, 1), EUR=(3, 1), USD=(2, 1), JPY=(9, 1)),)
    panels = drawn(make_report(history=history))
    assert [axes.get_ylabel() for axes in panels[1:]] == [
        f"Revenue ({currency})" for currency in ("JPY", "GBP", "EUR")
    ]


def test_fortnight_without_orders_is_a_panel_of_zeros(drawn: Any) -> None:
    (orders,) = drawn(make_report(history=(), currencies=()))
    assert [bar.get_height() for bar in orders.patches] == [0] * 14
    assert bars_seen(pixels_of(make_report(history=(), currencies=()))) == 0


@pytest.mark.parametrize(("locale", "last"), [("en_GB", "23/11"), ("en_US", "11/23")])
def test_days_are_named_under_the_lowest_panel_as_the_locale_writes_them(
    drawn: Any, locale: str, last: str
) -> None:
    lowest = drawn(make_report(locale=locale))[-1]
    names = [label.get_text() for label in lowest.get_xticklabels()]
    assert (len(names), names[-1]) == (14, last)
    assert lowest.get_xlabel() == "Day"


def test_names_of_neighbouring_days_do_not_touch(drawn: Any) -> None:
    lowest = drawn(make_report())[-1]
    boxes = [label.get_window_extent() for label in lowest.get_xticklabels()]
    assert all(left.x1 + 2 < right.x0 for left, right in pairwise(boxes))


@pytest.mark.lengthy
def test_charts_drawn_by_many_threads_at_once_are_the_same_as_alone() -> None:
    views = [make_report(history=(make_day(0, GBP=(n, n)),)) for n in range(1, 4)] * 2
    alone = [orders_and_revenue_png(view) for view in views]
    with ThreadPoolExecutor(max_workers=4) as pool:
        assert list(pool.map(orders_and_revenue_png, views)) == alone
