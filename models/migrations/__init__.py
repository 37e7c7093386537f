"""The schema's history, for Alembic."""

HEAD = "0012"
"""The newest revision: what a database has that is up to date."""
