"""A real SMTP server that keeps what it is given, and fails when it is told to."""

import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from deployments.stack.ports import free_port

_LOOKS_AGAIN_SECONDS = 0.02


class MailServer:
    """`mails` are what came, `envelopes` from whom and for whom each was; `answer` replaces the yes
    to a mail, `refuses` to an address, and `sender_answer` to the sender. `sessions` counts those
    who said hello, and whoever logs in is turned away with `login_answer`, if there is one.

    `slow_seconds` go by before the yes, and it `hangs` as long as it is told to; `hangs_up` so many
    times after it has taken a mail, without a word.
    """

    def __init__(self, **given: Any) -> None:
        self._given = given
        self.mails: list[EmailMessage] = []
        self.envelopes: list[tuple[str, list[str]]] = []
        self.answer: str | None = None
        self.refuses: dict[str, str] = {}
        self.sender_answer = self.login_answer = ""
        self.sessions = 0
        self.logins: list[tuple[bytes, bytes]] = []
        self.slow_seconds = 0.0
        self.hangs = False
        self.hangs_up = 0
        self.port = free_port()
        self._controller: Controller | None = None

    def start(self) -> None:
        """Start it, unless it is started."""
        if self._controller:
            return
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **self._given)
        self._controller.start()

    def stop(self) -> None:
        """Stop it, unless it is stopped; it can be started again on its port."""
        if self._controller:
            self._controller.stop()
            self._controller = None

    def reset(self) -> None:
        """Take everything again, and forget what came; what is on its way comes too late."""
        self.mails, self.envelopes = [], []
        self.refuses.clear()
        self.sender_answer = self.login_answer = ""
        self.sessions, self.logins = 0, []
        self.answer, self.slow_seconds, self.hangs, self.hangs_up = None, 0.0, False, 0

    async def handle_EHLO(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, name: str, replies: list[str]
    ) -> list[str]:
        session.host_name = name
        self.sessions += 1
        return replies

    async def handle_MAIL(  # noqa: N802  (aiosmtpd's name)
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.sender_answer:
            return self.sender_answer
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    def log_in(
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        mechanism: str,
        given: LoginPassword,
    ) -> AuthResult:
        """What to give aiosmtpd as its authenticator."""
        self.logins.append((given.login, given.password))
        return AuthResult(success=not self.login_answer, handled=False, message=self.login_answer)

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
        self.envelopes.append((str(envelope.mail_from), [*map(str, envelope.rcpt_tos)]))
        mails.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.hangs_up and mails is self.mails:
            self.hangs_up -= 1
            server.transport.abort()
        return "250 OK"


@contextmanager
def listening(port: int = 0, *says: bytes, every: float = 0.0) -> Iterator[int]:
    """Something on a port that takes connections, and says nothing; or one thing after the other,
    the last one again and again, each in its time.

    Yields the port. When it ends, its connections do.
    """
    taken: list[socket.socket] = []
    ended = threading.Event()

    def talk(connection: socket.socket) -> None:
        words = [*says, *says[-1:] * 100]
        with suppress(OSError):
            while words and not ended.wait(every):
                connection.sendall(words.pop(0))
                if not connection.recv(4096):
                    return

    def take() -> None:
        with suppress(OSError):
            while True:
                taken.append(server.accept()[0])
                threading.Thread(target=talk, args=[taken[-1]], daemon=True).start()

    with socket.create_server(("127.0.0.1", port), backlog=128) as server:
        threading.Thread(target=take, daemon=True).start()
        yield server.getsockname()[1]
        ended.set()
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
    for connection in taken:
        connection.close()
