"""`packline up`: the whole stack in the foreground."""

import os
import signal
import threading
from collections.abc import Callable

from adapters.database.sessions import reread, without_password
from adapters.settings import settings
from adapters.settings.kept_secrets import kept_secret
from deployments.stack.stack import MAIL_PORT, Say, Stack

_LOOK_SECONDS = 1.0
GoOn = Callable[[], bool]
Prepare = Callable[[Stack], Callable[[GoOn], None] | None]
PREFECT_AUTH = "prefect.auth"
"""The file of the data folder with the password of Prefect's user `packline`."""
_AUTH_SETTING = "PACKLINE_PREFECT_AUTH"


def run_live(say: Say, prepare: Prepare | None = None) -> None:
    """Run the stack until Ctrl-C or SIGTERM; what dies is started again.

    `prepare` is done once the stack stands, before anybody can sign in: it gets the stack, and
    whether to go on.
    """
    stop = stop_on_signals()
    _lock_prefect()
    say("Starting Postgres, Prefect's server, the worker and the dispatcher (half a minute)")
    with Stack(say) as stack:
        play = prepare(stack) if prepare else None
        stack.add_console()
        for line in addresses(stack):
            say(line)
        if play:
            play(lambda: not stop.is_set())
        while not stop.wait(_LOOK_SECONDS):
            stack.recover()
        say("Stopping")


def _lock_prefect() -> None:
    """Whoever reaches Prefect's API controls the system: without an auth string it gets one."""
    if settings().prefect_auth is None:
        made = kept_secret(PREFECT_AUTH, _AUTH_SETTING)
        os.environ[_AUTH_SETTING] = f"packline:{made}"
        reread()


def stop_on_signals() -> threading.Event:
    """An event that Ctrl-C and SIGTERM set. A second Ctrl-C interrupts at once."""
    stop = threading.Event()

    def ask_to_stop(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop.set()

    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, ask_to_stop)
    return stop


def _auth_lines(stack: Stack) -> list[str]:
    """How another terminal gets Prefect's auth string, where we have made it."""
    file = stack.folder / PREFECT_AUTH
    own = f'"packline:$(cat {file})"' if file.exists() else f"${_AUTH_SETTING}"
    return [f"  export {_AUTH_SETTING}={own}", f"  export PREFECT_API_AUTH_STRING=${_AUTH_SETTING}"]


def addresses(stack: Stack) -> list[str]:
    """Where everything is."""
    mails = stack.environment.get("PACKLINE_SMTP_PORT", str(MAIL_PORT))
    return [
        f"Console           {stack.console_url}",
        f"Prefect's pages   {stack.prefect_url}; they ask for what {_AUTH_SETTING} has",
        f"Postgres          {without_password(stack.environment['PACKLINE_DATABASE_URL'])}",
        f"Mails             caught on port {mails}, kept in {stack.mail_folder}"
        if stack.catches_mail
        else f"Mails             through {stack.environment['PACKLINE_SMTP_HOST']}:{mails}",
        f"Logs              {stack.folder / 'logs'}",
        "For commands in other terminals:",
        f"  export PACKLINE_PREFECT_API_URL={stack.prefect_url}/api",
        f"  export PREFECT_API_URL={stack.prefect_url}/api",
        *_auth_lines(stack),
        "Packline is up. Stop it with Ctrl-C.",
    ]
