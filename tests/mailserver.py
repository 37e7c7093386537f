"""A real SMTP server that keeps what it is given, and fails when it is told to."""

import asyncio
from email import message_from_bytes, policy
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from deployments.stack.ports import free_port

_LOOKS_AGAIN_SECONDS = 0.02


class MailServer:
    """`mails` are what came; `answer` replaces the yes to a mail, `refuses` to an address.

    `slow_seconds` go by before the yes, and it `hangs` as long as it is told to; `hangs_up` so many
    times after it has taken a mail, without a word.
    """

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer: str | None = None
        self.refuses: dict[str, str] = {}
        self.slow_seconds = 0.0
        self.hangs = False
        self.hangs_up = 0
        self.port = free_port()
        self._controller: Controller | None = None

    def start(self) -> None:
        """Start it, unless it is started."""
        if self._controller:
            return
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """Stop it, unless it is stopped; it can be started again on its port."""
        if self._controller:
            self._controller.stop()
            self._controller = None

    def reset(self) -> None:
        """Take everything again, and forget what came; what is on its way comes too late."""
        self.mails = []
        self.refuses.clear()
        self.answer, self.slow_seconds, self.hangs, self.hangs_up = None, 0.0, False, 0

    async def handle_RCPT(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refuses:
            return self.refuses[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if self.answer:
            return self.answer
        mails = self.mails
        await asyncio.sleep(self.slow_seconds)
        while self.hangs:
            await asyncio.sleep(_LOOKS_AGAIN_SECONDS)
        mails.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.hangs_up and mails is self.mails:
            self.hangs_up -= 1
            server.transport.abort()
        return "250 OK"
