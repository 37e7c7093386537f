"""Printing by a command of the machine, such as `lp`."""

import shlex
import signal
import subprocess
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from adapters.commands import run_command
from domain.errors import PacklineError

_FILE = "{file}"


class BadPrintCommand(PacklineError):
    """A command cannot be read as one."""

    message = "{command!q} is no command ({problem}): give one such as `lp -d NAME`."


@dataclass(frozen=True)
class Printed:
    """What a printing command has said: its exit status, None if it did not come to its end, and
    the first line of its errors.
    """

    exit_status: int | None
    said: str


class PrintCommand:
    """A command that prints a PDF, without a shell. Raises `BadPrintCommand`."""

    def __init__(self, command: str) -> None:
        try:
            self._words = shlex.split(command)
        except ValueError as problem:
            raise BadPrintCommand(command=command, problem=str(problem)) from problem
        if not self._words:
            raise BadPrintCommand(command=command, problem="it is empty")

    def run(self, pdf: bytes, name: str, *, seconds: float) -> Printed:
        """Print a paper; a command that takes longer is ended."""
        if not any(_FILE in word for word in self._words):
            return self._run(self._words, pdf, seconds)
        with tempfile.TemporaryDirectory(prefix="packline-print-") as folder:
            file = Path(folder) / name
            file.write_bytes(pdf)
            words = [word.replace(_FILE, str(file)) for word in self._words]
            return self._run(words, b"", seconds)

    def _run(self, words: list[str], given: bytes, seconds: float) -> Printed:
        try:
            ended = run_command(words, given, seconds)
        except subprocess.TimeoutExpired:
            return Printed(None, f"{words[0]} did not end in {seconds:g} seconds")
        except OSError as problem:
            return Printed(None, f"{words[0]}: {problem.strerror}")
        said = ended.errors.decode(errors="replace").strip().partition("\n")[0]
        if ended.status and not said:
            said = f"{words[0]} ended with status {ended.status}"
        return Printed(ended.status, said)


class Feeder:
    """Runs until SIGTERM or Ctrl-C; what is being printed then is ended first."""

    def __init__(self) -> None:
        self._stop = threading.Event()

    def __enter__(self) -> Self:
        """Hear signals."""
        self._before = {
            number: signal.signal(number, self._heard) for number in (signal.SIGTERM, signal.SIGINT)
        }
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hear them no more."""
        for number, handler in self._before.items():
            signal.signal(number, handler)

    @property
    def stopped(self) -> bool:
        """Somebody wants it to end."""
        return self._stop.is_set()

    def pause(self, seconds: float) -> None:
        """Wait a while, or until it is to end."""
        self._stop.wait(seconds)

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        self._stop.set()
