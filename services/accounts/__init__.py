"""Accounts of the staff: who may sign in, and how."""
