"""The schema's history, for Alembic."""

HEAD = "0001"
"""The newest revision: what a database has that is up to date."""
