"""What always holds in the database, as queries for the rows that break it.

Each query reads whole tables at once and compares in the database, so that a million orders are
looked at without one of them being fetched. A row that comes back is a problem.

The ledger decides what must be there: a step's effect and its record are written in one
transaction, so at any instant both are there or neither is.
"""

from services.audit.invariants.cancelled import CANCELLED
from services.audit.invariants.deferred import DEFERRED, LASTING_OUTAGES
from services.audit.invariants.effects import EFFECTS
from services.audit.invariants.held import HELD
from services.audit.invariants.invariant import Invariant
from services.audit.invariants.ledger import LEDGER
from services.audit.invariants.money import MONEY
from services.audit.invariants.packing import PACKING
from services.audit.invariants.people import PEOPLE
from services.audit.invariants.scans import SCANS
from services.audit.invariants.shipped import SHIPPED
from services.audit.invariants.stock import STOCK
from services.audit.invariants.summaries import SENT_TWICE, SUMMARY_FIGURES, SUMMARY_REVISIONS
from services.audit.invariants.totes import TOTES

__all__ = ["INVARIANTS", "LASTING_OUTAGES", "SENT_TWICE", "SUMMARY_FIGURES", "Invariant"]

INVARIANTS = (
    *STOCK,
    *MONEY,
    *LEDGER,
    *SHIPPED,
    *EFFECTS,
    *CANCELLED,
    *HELD,
    *PACKING,
    *PEOPLE,
    *SCANS,
    *TOTES,
    *DEFERRED,
    SUMMARY_REVISIONS,
)
"""Those that need nothing but the database."""
