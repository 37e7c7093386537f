"""`packline up`: the whole stack in the foreground."""

import signal
import threading

from adapters.database.sessions import without_password
from deployments.stack.stack import MAIL_PORT, Say, Stack

_LOOK_SECONDS = 1.0


def run_live(say: Say) -> None:
    """Run the stack until Ctrl-C or SIGTERM; what dies is started again."""
    stop = stop_on_signals()
    say("Starting Postgres, Prefect's server, the worker and the dispatcher (half a minute)")
    with Stack(say) as stack:
        stack.add_console()
        for line in addresses(stack):
            say(line)
        while not stop.wait(_LOOK_SECONDS):
            stack.recover()
        say("Stopping")


def stop_on_signals() -> threading.Event:
    """An event that Ctrl-C and SIGTERM set. A second Ctrl-C interrupts at once."""
    stop = threading.Event()

    def ask_to_stop(*_: object) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        stop.set()

    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, ask_to_stop)
    return stop


def addresses(stack: Stack) -> list[str]:
    """Where everything is."""
    mails = stack.environment.get("PACKLINE_SMTP_PORT", str(MAIL_PORT))
    return [
        f"Console           {stack.console_url}",
        f"Prefect's pages   {stack.prefect_url}",
        f"Postgres          {without_password(stack.environment['PACKLINE_DATABASE_URL'])}",
        f"Mails             caught on port {mails}, kept in {stack.mail_folder}"
        if stack.catches_mail
        else f"Mails             through {stack.environment['PACKLINE_SMTP_HOST']}:{mails}",
        f"Logs              {stack.folder / 'logs'}",
        "For commands in other terminals:",
        f"  export PACKLINE_PREFECT_API_URL={stack.prefect_url}/api",
        f"  export PREFECT_API_URL={stack.prefect_url}/api",
        "Packline is up. Stop it with Ctrl-C.",
    ]
