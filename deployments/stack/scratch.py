"""A stack's data in a folder of its own, fresh each time: for the demo and for measurements.

Nothing of the user's is touched, and nothing leaves the machine: Postgres and mail server are
Packline's own, whatever the settings say.
"""

import fcntl
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from adapters.database import embedded as postgres
from adapters.database import sessions as database
from adapters.database.sessions import EMBEDDED_FOLDER
from adapters.settings import settings
from domain.errors import PacklineError

_OF_THE_USER = ("PACKLINE_DATABASE_URL", "PACKLINE_SMTP_HOST", "PACKLINE_SMTP_PORT")


class ScratchTaken(PacklineError):
    """Somebody else works in the folder."""

    message = "Another run is at work in {folder}: wait until it has ended."

    def __init__(self, folder: Path) -> None:
        super().__init__(folder=str(folder))


@contextmanager
def scratch(name: str, **environment: str) -> Iterator[Path]:
    """Fresh data in `name/` below the data folder, and no server but our own, for a while.

    Raises `ScratchTaken`.
    """
    folder = (settings().data_folder / name).expanduser().resolve()
    with _alone(folder), _own_environment(folder, environment):
        postgres.stop_leftover(folder / EMBEDDED_FOLDER)
        shutil.rmtree(folder, ignore_errors=True)
        yield folder


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock file; the system lets go of it when this process ends."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ScratchTaken(folder) from None
        yield


@contextmanager
def _own_environment(folder: Path, environment: dict[str, str]) -> Iterator[None]:
    """No servers but those of the folder."""
    before = dict(os.environ)
    for variable in _OF_THE_USER:
        os.environ.pop(variable, None)
    os.environ |= environment | {"PACKLINE_DATA_FOLDER": str(folder)}
    database.forget()
    try:
        yield
    finally:
        database.forget()
        os.environ.clear()
        os.environ.update(before)


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM ends what runs in here as tidily as Ctrl-C does."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
