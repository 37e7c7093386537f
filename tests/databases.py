"""Databases for tests: one that each case of this process finds empty, and copies of their own."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql

from adapters.database import sessions as db

TEMPLATE = "template_packline"
_LONGEST_WAIT = "10s"

_PREPARE = """
CREATE SCHEMA testing;
CREATE TABLE testing.schema_change (command text);
CREATE TABLE testing.kept (name text, rows jsonb);
CREATE TABLE testing.counter AS
    SELECT format('%I', sequencename) AS name, coalesce(last_value, start_value) AS value,
        last_value IS NOT NULL AS is_called
    FROM pg_sequences WHERE schemaname = 'public';

CREATE FUNCTION testing.note_change() RETURNS event_trigger LANGUAGE plpgsql AS $$
BEGIN INSERT INTO testing.schema_change VALUES (tg_tag); END $$;

CREATE FUNCTION testing.tables_with_rows() RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE name text; found boolean;
BEGIN
    FOR name IN SELECT format('%I', tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version' ORDER BY tablename
    LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM public.%s)', name) INTO found;
        IF found THEN RETURN NEXT name; END IF;
    END LOOP;
END $$;

CREATE FUNCTION testing.keep() RETURNS void LANGUAGE plpgsql AS $$
DECLARE name text;
BEGIN
    FOR name IN SELECT testing.tables_with_rows() LOOP
        EXECUTE format('INSERT INTO testing.kept SELECT %L, jsonb_agg(t) FROM public.%s t',
            name, name);
    END LOOP;
END $$;

CREATE FUNCTION testing.empty() RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE used text[] := ARRAY(SELECT testing.tables_with_rows()); name text;
BEGIN
    FOREACH name IN ARRAY used LOOP EXECUTE 'DELETE FROM public.' || name; END LOOP;
    RETURN used;
END $$;

CREATE FUNCTION testing.refill(emptied text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE kept record;
BEGIN
    PERFORM pg_clear_relation_stats('public', (parse_ident(name))[1])
        FROM unnest(emptied) name;
    FOR kept IN SELECT * FROM testing.kept LOOP
        EXECUTE format('INSERT INTO public.%s OVERRIDING SYSTEM VALUE'
            ' SELECT * FROM jsonb_populate_recordset(NULL::public.%s, $1)', kept.name, kept.name)
            USING kept.rows;
    END LOOP;
    PERFORM setval(name, value, is_called) FROM testing.counter;
END $$;

SELECT testing.keep();
CREATE EVENT TRIGGER note_change ON ddl_command_end EXECUTE FUNCTION testing.note_change();
ALTER EVENT TRIGGER note_change ENABLE ALWAYS;
"""
"""What the migrations left is kept, and a change of the schema is noted."""

_VACUUM = "VACUUM (SKIP_DATABASE_STATS, PROCESS_TOAST FALSE) "
"""Rows of the next case lie in the order in which it writes them. To truncate costs five times as
much, and each statement would have to be planned again.
"""

_STILL_AT_WORK = """
SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND (state <> 'idle' OR pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory'))
"""


class using:  # noqa: N801  (reads as a phrase)
    """Make a database the current one, for a while.

    The connections to one that lasts stay open, so that its statements stay compiled.
    """

    lasting: set[str] = set()

    def __init__(self, url: str, **settings: str) -> None:
        self.url = url
        self.settings = {"PACKLINE_DATABASE_URL": url, "PACKLINE_RETRY_SECONDS": "0.01"} | settings
        self.before: dict[str, str | None] = {}

    def __enter__(self) -> None:
        self.before = {name: os.environ.get(name) for name in self.settings}
        os.environ.update(self.settings)
        db.reread()

    def __exit__(self, *_: object) -> None:
        for name, value in self.before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
        if self.url not in self.lasting:
            db.disconnect(self.url)
        db.reread()


class Emptied:
    """A database that each case finds as the migrations leave it.

    One whose schema a case has changed is thrown away, and so is one that will not be emptied.
    """

    def __init__(self, template: str) -> None:
        self._template = template
        self._begin()

    def url(self) -> str:
        """Its address. Whoever is still at work in it is sent away, and it is empty."""
        if not self._empty():
            self.drop()
            self._begin()
        return self._url

    def drop(self) -> None:
        self._owner.close()
        drop(self._url)

    def _begin(self) -> None:
        self._url = copy(self._template)
        self._owner = psycopg.connect(self._url, autocommit=True)
        self._owner.execute(_PREPARE)
        self._owner.execute(f"SET lock_timeout = '{_LONGEST_WAIT}'")
        self._owner.execute("SET session_replication_role = replica")  # the timeline only grows
        using.lasting.add(self._url)

    def _empty(self) -> bool:
        ask = self._owner.execute
        try:
            if ask(_STILL_AT_WORK).fetchone() != (0,):
                db.disconnect(self._url)
            if ask("SELECT count(*) FROM testing.schema_change").fetchone() != (0,):
                return False
            (used,) = ask("SELECT testing.empty()").fetchone() or ([],)
            if used:
                ask(_VACUUM + ", ".join(used))
            ask("SELECT testing.refill(%s)", [used])
        except psycopg.OperationalError:
            return False
        return True


@contextmanager
def clone(template: str, *, lasts: bool = False) -> Iterator[str]:
    """A database that is like another, for a while; its address. It `lasts` where many cases use
    it.
    """
    url = copy(template)
    if lasts:
        using.lasting.add(url)
    try:
        yield url
    finally:
        drop(url)


def copy(template: str) -> str:
    """The address of a new database that is like another one, to which nobody may be connected."""
    db.disconnect(template)
    url = db.sibling_url(template, f"test_{uuid.uuid4().hex}")
    _administer(template, "CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy", url, template)
    return url


def drop(url: str) -> None:
    using.lasting.discard(url)
    db.disconnect(url)
    _administer(url, "DROP DATABASE {} WITH (FORCE)", url)


def _administer(server: str, statement: str, *urls: str) -> None:
    names = [sql.Identifier(db.make_url(url).database or "") for url in urls]
    with psycopg.connect(db.sibling_url(server, "postgres"), autocommit=True) as admin:
        admin.execute(sql.SQL(statement).format(*names))
