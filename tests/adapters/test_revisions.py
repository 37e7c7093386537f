"""A database with another schema is refused, and it takes no Alembic to see that."""

import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from adapters.database import sessions as db
from adapters.database.revisions import SchemaOutOfDate, check_schema
from adapters.database.schema import unmigrate
from models import migrations


def test_the_newest_revision_is_the_one_that_alembic_would_bring_the_database_to():
    (folder,) = migrations.__path__
    assert ScriptDirectory(folder).get_current_head() == migrations.HEAD


def test_an_old_schema_is_refused_with_what_to_do(database):
    check_schema(db.engine())
    unmigrate(db.engine())
    with pytest.raises(SchemaOutOfDate, match=r"at schema none .* `packline up`"):
        check_schema(db.engine())


def test_a_database_that_was_never_brought_up_to_date_is_refused_too(database):
    with db.engine().begin() as connection:
        connection.execute(text("DROP TABLE alembic_version"))
    with pytest.raises(SchemaOutOfDate, match="at schema none"):
        check_schema(db.engine())
