"""The command that gets alarms, where no mail can tell of them."""

import logging
import shlex
import subprocess

from adapters.commands import run_command

_ENDS_AFTER_SECONDS = 30

logger = logging.getLogger("packline.alarms")


def run_alarm_command(command: str, alarm: str) -> None:
    """Run a command, without a shell, with the alarm as JSON on its standard input.

    It has 30 seconds. What goes wrong with it is logged: nobody is told twice.
    """
    try:
        ended = run_command(shlex.split(command), alarm.encode(), _ENDS_AFTER_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as problem:
        logger.warning("PACKLINE_ALARM_COMMAND did not work: %s", problem)
    else:
        if ended.status:
            logger.warning("PACKLINE_ALARM_COMMAND ended with status %s", ended.status)
