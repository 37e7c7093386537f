"""The stack is in tests/live.py: one for the session, shared with tests/chaos."""
