"""The report's chart: orders shipped and their revenue on each of the last 14 days."""

from collections.abc import Sequence
from io import BytesIO

from babel.dates import format_skeleton
from babel.numbers import format_decimal
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from domain.money import from_minor
from models.views.daily_report import DailyReportView, DayFigures

_WIDTH_INCHES = 6.4
_ORDERS_INCHES, _REVENUE_INCHES = 2.1, 1.7
# 1280 pixels for the 608 that a mail gives it: sharp on phones too.
_DOTS_PER_INCH = 200
_BAR_COLOUR, _LINE_COLOUR = "#4a6f8a", "#a34a00"


def orders_and_revenue_png(view: DailyReportView) -> bytes:
    """A PNG, 1280 pixels wide: bars of orders, and below a line of revenue for each currency.

    Each currency has an axis of its own, since amounts in two currencies cannot be compared. Days
    without an order are shown as 0. No state is shared between calls: any thread may draw.
    """
    currencies = view.chart_currencies
    figure = _figure(panels=len(currencies))
    orders, *revenues = figure.subplots(
        nrows=1 + len(currencies),
        sharex=True,
        squeeze=False,
        height_ratios=[_ORDERS_INCHES] + [_REVENUE_INCHES] * len(currencies),
    )[:, 0]
    _draw_orders(orders, view.chart_days)
    for axes, currency in zip(revenues, currencies, strict=True):
        _draw_revenue(axes, view.chart_days, currency, view.locale)
    _name_days([orders, *revenues][-1], view)
    return _png(figure)


def _figure(panels: int) -> Figure:
    height = _ORDERS_INCHES + panels * _REVENUE_INCHES + 0.3
    figure = Figure((_WIDTH_INCHES, height), dpi=_DOTS_PER_INCH, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _draw_orders(axes: Axes, days: Sequence[DayFigures]) -> None:
    counts = [figures.orders for figures in days]
    bars = axes.bar(range(len(days)), counts, color=_BAR_COLOUR, width=0.7)
    axes.bar_label(bars, fontsize=8, padding=1)
    axes.set_ylabel("Orders shipped")
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
    _finish(axes, highest=max(counts))


def _draw_revenue(axes: Axes, days: Sequence[DayFigures], currency: str, locale: str) -> None:
    amounts = [float(from_minor(_revenue(figures, currency), currency)) for figures in days]
    axes.plot(range(len(days)), amounts, color=_LINE_COLOUR, marker="o", markersize=4)
    axes.set_ylabel(f"Revenue ({currency})")
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda y, _: format_decimal(y, locale=locale)))
    _finish(axes, highest=max(amounts))


def _revenue(figures: DayFigures, currency: str) -> int:
    return sum(part.revenue_minor for part in figures.revenue if part.currency == currency)


def _finish(axes: Axes, highest: float) -> None:
    # Room above the highest value for its label; an axis of zeros still needs a height.
    axes.set_ylim(0, highest * 1.15 or 1)
    axes.grid(axis="y", color="#dddddd")
    axes.set_axisbelow(True)
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def _name_days(axes: Axes, view: DailyReportView) -> None:
    # Figures only: the chart's font has no letters for the months of every locale.
    names = [format_skeleton("Md", figures.day, locale=view.locale) for figures in view.chart_days]
    axes.set_xticks(range(len(names)), names)
    axes.set_xlabel("Day")


def _png(figure: Figure) -> bytes:
    file = BytesIO()
    figure.savefig(file, format="png", metadata={"Software": None})
    return file.getvalue()
