"""Postgres: sessions, locks, notifications, the schema, and a server of our own."""
