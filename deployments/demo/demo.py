"""`packline demo`: the sample day on a stack of its own, from import to report.

The staff are played, through the same entrance that real staff use. Nothing leaves the machine:
mails are caught, whatever the settings say.
"""

import time
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.text import Text
from sqlmodel import col, func, select

from adapters.database.sessions import transaction
from adapters.prefect.api import DAILY_SUMMARY, PrefectApi
from adapters.settings import settings
from deployments.demo.sample import sample_files
from deployments.demo.simulated_staff import open_tasks
from deployments.demo.staff_at_the_console import StaffAtTheConsole
from deployments.stack.scratch import interruptible, scratch
from deployments.stack.stack import Stack
from domain.errors import PacklineError
from domain.shop_days import shop_day
from models.base import utc_now
from models.enums import ENDED, TaskKind, TaskState
from models.tables.messages import Message
from models.tables.orders import SalesOrder
from models.tables.shipping import ShippingLabel
from models.tables.staff import StaffTask
from services.audit.audit import AuditReport, audit
from services.imports.files import import_file

_PATIENCE_SECONDS = 600
_PAUSE_SECONDS = 0.2
_TELL_SECONDS = 5.0


class DemoStuck(PacklineError):
    """The orders do not move any more."""

    message = "The orders do not move any more ({counts}): the reasons are in {logs}."

    def __init__(self, counts: str, logs: Path) -> None:
        super().__init__(counts=counts, logs=str(logs))


class NotSummedUp(PacklineError):
    """The nightly flow did not come to its end."""

    message = "The daily summary ended as {state}: see its flow run."

    def __init__(self, state: str) -> None:
        super().__init__(state=state)


def run_demo(screen: Console) -> bool:
    """Play the sample day; True when everything came to its right end and the audit passes."""
    screen.soft_wrap = True
    with interruptible(), scratch("demo") as folder:
        screen.print(f"The sample day runs in {folder}, on a stack of its own.")
        with Stack(screen.print) as stack:
            screen.print(f"The stack is up. Prefect's pages: {stack.prefect_url}")
            stack.add_console()
            _import(screen)
            _play(screen, stack)
            _sum_up(screen, stack.prefect)
            _hand_out(screen, stack)
            return _finish(screen, audit(stack.prefect))


def _import(screen: Console) -> None:
    for file in sample_files():
        screen.print(f"  {import_file(file)}")


def _play(screen: Console, stack: Stack) -> None:
    """Do every task that opens, until nothing is left but what the operator lets wait."""
    operator, staff = _Operator(), StaffAtTheConsole(stack.console_here)
    told, moved, last = 0.0, time.monotonic(), ""
    with Live(console=screen, auto_refresh=False, transient=True) as live:
        while _in_work():
            stack.recover()
            for task in open_tasks():
                if not operator.lets_wait(task):
                    staff.do(task)
            counts = _counts()
            if counts != last:
                moved, last = time.monotonic(), counts
            if screen.is_terminal:
                live.update(Text(counts), refresh=True)
            elif time.monotonic() - told > _TELL_SECONDS:
                screen.print(counts)
                told = time.monotonic()
            if time.monotonic() - moved > _PATIENCE_SECONDS:
                raise DemoStuck(counts, stack.folder / "logs")
            time.sleep(_PAUSE_SECONDS)
    staff.close()
    screen.print(_counts())


class _Operator:
    """Cancels the first order that stock cannot fill, and lets the others wait for a delivery."""

    def __init__(self) -> None:
        self.cancelled: int | None = None

    def lets_wait(self, task: StaffTask) -> bool:
        if task.kind != TaskKind.SHORTAGE:
            return False
        self.cancelled = self.cancelled or task.id
        return task.id != self.cancelled


def _in_work() -> bool:
    """Whether an order is neither at its end nor waiting for a delivery."""
    waits = select(StaffTask.id).where(
        StaffTask.order_number == SalesOrder.number,
        StaffTask.kind == TaskKind.SHORTAGE,
        StaffTask.state == TaskState.OPEN,
    )
    open_orders = select(func.count()).where(col(SalesOrder.status).not_in(ENDED))
    with transaction() as session:
        in_work = session.scalar(open_orders.where(~waits.exists())) or 0
        waiting = session.scalar(open_orders.where(waits.exists())) or 0
        cancelled = session.scalar(
            select(func.count()).where(
                StaffTask.kind == TaskKind.SHORTAGE, StaffTask.state == TaskState.DONE
            )
        )
    return in_work > 0 or (waiting > 0 and not cancelled)


def _counts() -> str:
    """How many orders are where."""
    with transaction() as session:
        by_status = session.execute(
            select(SalesOrder.status, func.count()).group_by(SalesOrder.status)
        ).all()
        by_task = session.execute(
            select(StaffTask.kind, func.count())
            .where(StaffTask.state == TaskState.OPEN)
            .group_by(StaffTask.kind)
        ).all()
    orders = Counter({str(status): count for status, count in by_status})
    parts = [f"{status} {orders[status]}" for status in sorted(orders)]
    waiting = [f"{kind} {count}" for kind, count in by_task]
    return f"Orders: {', '.join(parts)}. Tasks open: {', '.join(waiting) or 'none'}."


def _sum_up(screen: Console, prefect: PrefectApi) -> None:
    """Run the nightly flow for today."""
    today = shop_day(utc_now(), settings().zone_info)
    name = f"day {today.isoformat()}"
    run_id = prefect.start(DAILY_SUMMARY, name=name, parameters={"day": today.isoformat()})
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (state := prefect.state(run_id)).kind != "COMPLETED":
        if not state.is_live or time.monotonic() > deadline:
            raise NotSummedUp(state.name)
        time.sleep(_PAUSE_SECONDS)
    screen.print(f"The daily summary of {today:%d %B %Y} is made and mailed.")


def _hand_out(screen: Console, stack: Stack) -> None:
    """Put labels and report where they can be looked at, and print the report."""
    with transaction() as session:
        labels = session.exec(select(ShippingLabel)).all()
        report = session.exec(select(Message).where(col(Message.key).like("day:%"))).one()
    _write(stack.folder / "labels", {f"{x.tracking_number}.pdf": x.pdf or b"" for x in labels})
    _write(
        stack.folder / "report",
        {
            "report.txt": report.text.encode(),
            "report.html": report.html.replace("cid:chart", "chart.png").encode(),
            "chart.png": report.image or b"",
        },
    )
    screen.print(Text(f"\n{report.subject}\n\n{report.text}"))
    screen.print(f"Labels   {len(labels)} in {stack.folder / 'labels'}")
    screen.print(f"Mails    {_count_mails(stack.mail_folder)} in {stack.mail_folder}")
    screen.print(f"Report   {stack.folder / 'report' / 'report.html'}")
    screen.print(f"Chart    {stack.folder / 'report' / 'chart.png'}")


def _write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content)


def _count_mails(folder: Path) -> int:
    return len(list(folder.glob("*.eml")))


def _finish(screen: Console, report: AuditReport) -> bool:
    for check in report.checks:
        for problem in check.problems:
            screen.print(Text(f"{check.name}: {problem}", style="bold red"))
        if check.skipped:
            screen.print(Text(f"{check.name}: {check.skipped}", style="bold red"))
    hold = [check for check in report.checks if check.ok and not check.skipped]
    every = len(hold) == len(report.checks)
    screen.print(f"Audit    {'all' if every else len(hold)} of {len(report.checks)} checks hold")
    return every
