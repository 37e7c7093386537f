"""The command that gets alarms, where no mail can tell of them."""

import logging
import os
import shlex
import signal
import subprocess
from contextlib import suppress

_ENDS_AFTER_SECONDS = 30
_NOT_ITS_BUSINESS = ("PACKLINE_", "PREFECT_")
"""What begins so in our environment may be a secret."""

logger = logging.getLogger("packline.alarms")


def run_alarm_command(command: str, alarm: str) -> None:
    """Run a command, without a shell, with the alarm as JSON on its standard input.

    It has 30 seconds. What goes wrong with it is logged: nobody is told twice.
    """
    try:
        status = _run(shlex.split(command), alarm)
    except (OSError, subprocess.TimeoutExpired) as problem:
        logger.warning("PACKLINE_ALARM_COMMAND did not work: %s", problem)
    else:
        if status:
            logger.warning("PACKLINE_ALARM_COMMAND ended with status %s", status)


def _run(words: list[str], alarm: str) -> int:
    """Its status. Raises `TimeoutExpired`; whatever it has started is ended then, too."""
    with subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={name: value for name, value in os.environ.items() if _may_be_known(name)},
        start_new_session=True,
    ) as process:
        try:
            process.communicate(alarm.encode(), _ENDS_AFTER_SECONDS)
        except subprocess.TimeoutExpired:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            raise
    return process.returncode


def _may_be_known(name: str) -> bool:
    return not name.startswith(_NOT_ITS_BUSINESS)
