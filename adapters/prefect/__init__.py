"""Prefect: its API over plain HTTP, and what is taken from its inside."""
