"""Warehouses, and what of their stock belongs to whom."""
