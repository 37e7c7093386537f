"""What the database refuses by a constraint, the audit finds where the constraint is gone."""

import re
from pkgutil import resolve_name

import pytest
from sqlalchemy.exc import IntegrityError

from services.audit.invariants import INVARIANTS
from tests.services.audit.day_shop import damage, shop, shop_session
from tests.services.audit.shop_damages import DAMAGES
from tests.services.audit.twins import told

pytestmark = pytest.mark.lengthy

__all__ = ["shop", "shop_session"]

GUARDED = [one for one in INVARIANTS if one.twin.startswith("ck_")]
TABLES = ("orders", "outages", "stock", "staff", "refunds", "scanning")


@pytest.mark.parametrize("one", GUARDED, ids=lambda one: one.twin)
def test_the_constraint_names_the_invariant_that_is_its_twin(one):
    assert any(one.name in told(resolve_name(f"models.tables.{table}")) for table in TABLES)


@pytest.mark.parametrize("one", GUARDED, ids=lambda one: one.twin)
def test_what_the_audit_finds_without_the_constraint_is_refused_with_it(shop_session, one):
    drop = re.compile(rf"ALTER TABLE \w+ DROP CONSTRAINT {one.twin};")
    refused = [done.sql for done in DAMAGES if done.check == one.name and drop.search(done.sql)]
    assert refused
    for sql in refused:
        with pytest.raises(IntegrityError, match=one.twin), shop_session.begin_nested():
            damage(shop_session, drop.sub("", sql))
