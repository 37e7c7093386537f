"""Running a command of the machine, without a shell."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

_NOT_ITS_BUSINESS = ("PACKLINE_", "PREFECT_")
"""What begins so in our environment may be a secret."""


@dataclass(frozen=True)
class Ended:
    """A command that has come to its end: its status, and what it wrote to standard error."""

    status: int
    errors: bytes


def run_command(words: Sequence[str], given: bytes, seconds: float) -> Ended:
    """Run a command with what it gets at its standard input, in a process group of its own.

    Raises `OSError`, and `TimeoutExpired`: then whatever it has started is ended, too.
    """
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={name: value for name, value in os.environ.items() if _may_be_known(name)},
        start_new_session=True,
    ) as process:
        try:
            _, errors = process.communicate(given, seconds)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return Ended(process.returncode, errors)


def _may_be_known(name: str) -> bool:
    return not name.startswith(_NOT_ITS_BUSINESS)
