"""Mails: the outbox, and what they say."""
