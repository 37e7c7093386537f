"""Refunds, as people see them."""

from adapters.settings.shop_clock import shop_clock
from console.cli.output import Columns, print_rows
from console.queries.refunds import RefundRow


def show_refunds(rows: list[RefundRow]) -> None:
    """Refunds, open or paid."""
    print_rows(rows, _REFUNDS, nothing="No refund is to be paid.")


def _paid(row: RefundRow) -> str:
    if row.paid_at is None:
        return "not yet"
    under = f", {row.paid_reference}" if row.paid_reference else ""
    return f"{shop_clock(row.paid_at)} by {row.paid_by}{under}"


_REFUNDS: Columns[RefundRow] = {
    "Refund": lambda row: row.id,
    "Order": lambda row: row.order_number,
    "Amount": lambda row: row.amount,
    "Since": lambda row: shop_clock(row.at),
    "Customer": lambda row: row.customer_name,
    "Reason": lambda row: row.reason,
    "Paid": _paid,
}
