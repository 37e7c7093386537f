"""What an invariant is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Invariant:
    """Something that always holds, by name.

    `breaking` selects the rows that break it; `problem` is the sentence about one of them, with the
    query's columns in braces; those of `amounts` are in minor units of its `currency`. `twin` is
    the rule that says the same, as `module:name` in code, or as a constraint of the database: it
    names the invariant, and who changes one changes the other.
    """

    name: str
    problem: str
    breaking: str
    twin: str = ""
    amounts: tuple[str, ...] = ()
