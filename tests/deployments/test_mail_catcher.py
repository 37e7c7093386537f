"""Mails are kept as files, and not delivered."""

import smtplib
import subprocess
import sys
import time
from email import message_from_bytes, policy
from email.message import EmailMessage

from deployments.stack.ports import HOST, free_port
from deployments.stack.supervisor import PROJECT


def test_every_mail_becomes_a_file(tmp_path):
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "deployments.stack.mail_catcher",
        str(port),
        str(tmp_path / "mail"),
    ]
    with subprocess.Popen(command, cwd=PROJECT) as catcher:
        for number in (1, 2):
            send(port, f"Order {number}")
        catcher.terminate()
    mails = [
        message_from_bytes(file.read_bytes(), policy=policy.default)
        for file in sorted((tmp_path / "mail").glob("*.eml"))
    ]
    assert [mail["Subject"] for mail in mails] == ["Order 1", "Order 2"]
    assert mails[0].get_content().strip() == "Grüße"
    assert catcher.returncode == 0


def send(port, subject):
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@example.com", "../b@example.com", subject
    mail.set_content("Grüße")
    deadline = time.monotonic() + 20
    while True:
        try:
            with smtplib.SMTP(HOST, port) as server:
                server.send_message(mail)
            return
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)
