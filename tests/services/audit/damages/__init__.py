"""Damage by hand to a shop in which a week has passed, theme by theme: each is found by its check.

Of a check that asks for several things there is a damage for each of them.
"""

from tests.services.audit.damages.deferred import DEFERRED
from tests.services.audit.damages.effects import EFFECTS
from tests.services.audit.damages.ledger import LEDGER
from tests.services.audit.damages.money import MONEY
from tests.services.audit.damages.once import ONCE
from tests.services.audit.damages.packing import PACKING
from tests.services.audit.damages.people import PEOPLE
from tests.services.audit.damages.scans import SCANS
from tests.services.audit.damages.stock import STOCK
from tests.services.audit.damages.totes import TOTES

WEEK_DAMAGES = (
    *STOCK,
    *MONEY,
    *LEDGER,
    *EFFECTS,
    *ONCE,
    *PACKING,
    *PEOPLE,
    *SCANS,
    *TOTES,
    *DEFERRED,
)
