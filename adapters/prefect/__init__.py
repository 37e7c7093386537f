"""Prefect."""
