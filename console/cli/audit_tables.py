"""The audit, as people see it."""

from rich.text import Text

from console.cli.output import screen
from services.audit.audit import AuditReport


def show_audit(report: AuditReport) -> None:
    """Every check of the audit, with what breaks it."""
    for check in report.checks:
        mark = "skipped" if check.skipped else "ok" if check.ok else "BROKEN"
        style = {"ok": "green", "BROKEN": "bold red"}.get(mark, "yellow")
        screen.print(Text(f"{mark:8}", style=style), Text(f"{check.name} {check.skipped}"), sep="")
        for line in (*check.problems, *check.notes):
            screen.print(Text(f"         {line}"))
