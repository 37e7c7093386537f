"""Checking that all is well."""

import typer

from adapters.prefect.api import PrefectApi
from console.cli.audit_tables import show_audit
from console.cli.database import ready
from console.cli.options import AsJson
from console.cli.output import print_json
from console.cli.progress import counting
from services.audit.audit import CHECKS
from services.audit.audit import audit as run_audit


def audit(as_json: AsJson = False) -> None:
    """Check every invariant on the live database, and name what breaks it.

    On a terminal, it shows how many checks are done.
    """
    ready()
    prefect = PrefectApi()
    with counting("Checks", CHECKS) as done:
        report = run_audit(prefect, watch=done)
    prefect.close()
    print_json(report) if as_json else show_audit(report)
    if not report.ok:
        raise typer.Exit(1)
