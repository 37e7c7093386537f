"""Checking that all is well."""

import typer

from adapters.prefect.api import PrefectApi
from console.cli.audit_tables import show_audit
from console.cli.database import ready
from console.cli.options import AsJson
from console.cli.output import print_json
from services.audit.audit import audit as run_audit


def audit(as_json: AsJson = False) -> None:
    """Check every invariant on the live database, and name what breaks it."""
    ready()
    prefect = PrefectApi()
    report = run_audit(prefect)
    prefect.close()
    print_json(report) if as_json else show_audit(report)
    if not report.ok:
        raise typer.Exit(1)
