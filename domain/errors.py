"""The root of all errors that Packline explains to people in one sentence."""


class PacklineError(Exception):
    """What is wrong, where, and what to do, in one sentence."""


class Unavailable(PacklineError):
    """Somebody else is away for now: trying again later is worth it."""
