"""A mail server for one machine: it keeps every mail as a file, and delivers none.

`python -m deployments.stack.mail_catcher PORT FOLDER`
"""

import signal
import sys
import threading
from datetime import UTC, datetime
from email.message import Message
from itertools import count
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.handlers import AsyncMessage

from deployments.stack.ports import HOST


class Folder(AsyncMessage):
    """Writes each mail to `FOLDER/<time>-<count>-<recipient>.eml`."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._folder = folder
        self._serial = count(1)

    async def handle_message(self, message: Message) -> None:
        """Keep one mail."""
        recipient = "".join(c if c.isalnum() or c in "@.-_" else "_" for c in message["To"])[:80]
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{next(self._serial):04d}-{recipient}.eml"
        (self._folder / name).write_bytes(message.as_bytes())


def main() -> None:
    """Catch mails until told to stop."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    stop = threading.Event()
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: stop.set())
    controller = Controller(Folder(folder), hostname=HOST, port=port)
    controller.start()
    stop.wait()
    controller.stop()


if __name__ == "__main__":
    main()
