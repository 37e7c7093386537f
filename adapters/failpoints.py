"""Named places where a test may stop this process, as a crash or a hung machine would.

Nothing here does anything unless `PACKLINE_FAILPOINTS` names a folder, and only tests set that. A
file in the folder, named after the place, says what happens there once: `kill`, or `stop`
(SIGSTOP).
"""

import os
import re
import signal
import time
from pathlib import Path

FOLDER = "PACKLINE_FAILPOINTS"
_ARRIVES_SECONDS = 1.0
"""Another thread may get the signal first, and this one must not go on meanwhile."""
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


def failpoint(place: str) -> None:
    """The process is at this place; a test may want it to end there."""
    if folder := os.environ.get(FOLDER):
        _act(Path(folder) / file_name(place))


def file_name(place: str) -> str:
    """The name of the file that arms a place."""
    return re.sub(r"\W+", "-", place).strip("-").lower()


def _act(armed: Path) -> None:
    """Whoever takes the file away does what it says; anybody else comes too late."""
    taken = armed.with_suffix(f".{os.getpid()}")
    try:
        armed.rename(taken)
    except FileNotFoundError:
        return
    os.kill(os.getpid(), _SIGNALS[taken.read_text().strip()])
    time.sleep(_ARRIVES_SECONDS)
