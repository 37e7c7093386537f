"""Damage by hand to a shop in which a day has passed, theme by theme: each check has some."""

from tests.services.audit.shop_damages.cancelled import CANCELLED
from tests.services.audit.shop_damages.days import DAYS
from tests.services.audit.shop_damages.effects import EFFECTS
from tests.services.audit.shop_damages.ledger import LEDGER
from tests.services.audit.shop_damages.money import MONEY
from tests.services.audit.shop_damages.outages import OUTAGES
from tests.services.audit.shop_damages.packing import PACKING
from tests.services.audit.shop_damages.people import PEOPLE
from tests.services.audit.shop_damages.scans import SCANS
from tests.services.audit.shop_damages.stock import STOCK
from tests.services.audit.shop_damages.totes import TOTES

DAMAGES = (
    *STOCK,
    *MONEY,
    *LEDGER,
    *EFFECTS,
    *CANCELLED,
    *PACKING,
    *PEOPLE,
    *SCANS,
    *TOTES,
    *OUTAGES,
    *DAYS,
)
