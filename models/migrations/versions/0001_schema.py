"""The schema. The SQL lies beside this file, in the order in which it runs."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None

_FILES = sorted((Path(__file__).parent / "0001").glob("*.sql"))


def upgrade() -> None:
    for file in _FILES:
        op.get_bind().exec_driver_sql(file.read_text().replace("%", "%%"))


def downgrade() -> None:
    for kind, name in op.get_bind().exec_driver_sql(_EVERYTHING):
        op.execute(f"DROP {kind} IF EXISTS {name} CASCADE")


_EVERYTHING = """
    SELECT 'TABLE', quote_ident(tablename) FROM pg_tables
    WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    UNION ALL SELECT 'SEQUENCE', 'house_carrier_serial'
    UNION ALL SELECT 'FUNCTION', oid::regprocedure::text FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
"""
