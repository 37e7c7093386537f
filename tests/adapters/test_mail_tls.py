"""Mails travel over verified TLS, or not at all: to a real server with certificates of its own."""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from adapters.mail.smtp import MailServerAway, MailServerRefuses, send
from tests.adapters.test_mail import a_mail
from tests.mailserver import MailServer
from tests.process import set_to

LOGIN = {"PACKLINE_SMTP_USERNAME": "me", "PACKLINE_SMTP_PASSWORD": "hunter2"}
AWAY = timedelta(days=1)


class Authority:
    """Makes certificates that its own file vouches for."""

    def __init__(self, folder, name):
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        basic = x509.BasicConstraints(ca=True, path_length=None)
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(_pem(self._sign(self.name, self.key.public_key(), basic)))

    def context(self, host, ends=AWAY):
        """A server's side, with a certificate for a host."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
        certificate = self._sign(name, key.public_key(), _names(host), ends=ends)
        file = self.folder / "server.pem"
        kind = serialization.PrivateFormat.PKCS8
        plain = serialization.NoEncryption()
        secret = key.private_bytes(serialization.Encoding.PEM, kind, plain)
        file.write_bytes(secret + _pem(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _sign(self, name, key, extension, ends=AWAY):
        now = datetime.now(UTC)
        made = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(self.name)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2 * AWAY)
            .not_valid_after(now + ends)
            .add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
        )
        return made.sign(self.key, hashes.SHA256())


def _names(host):
    try:
        return x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))])
    except ValueError:
        return x509.SubjectAlternativeName([x509.DNSName(host)])


def _pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)


@pytest.fixture
def authority(tmp_path):
    return Authority(tmp_path, "authority")


@pytest.fixture
def served(session, monkeypatch):
    """Start a mail server, and let the settings name it."""
    started = []

    def serve(tls, **given):
        server = MailServer(**given)
        server.start()
        started.append(server)
        set_to(
            monkeypatch,
            PACKLINE_SMTP_HOST="127.0.0.1",
            PACKLINE_SMTP_PORT=str(server.port),
            PACKLINE_SMTP_TLS=tls,
        )
        return server

    yield serve
    for server in started:
        server.stop()


def encrypted(tls, context):
    """What makes aiosmtpd encrypt, at once or when it is asked."""
    if tls == "tls":
        return {"ssl_context": context, "auth_require_tls": False}  # it knows STARTTLS only
    return {"tls_context": context, "require_starttls": True}


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_mail_travels_over_verified_tls(served, authority, monkeypatch, tls, host):
    server = served(tls, **encrypted(tls, authority.context(host)))
    set_to(monkeypatch, PACKLINE_SMTP_CA=str(authority.file), PACKLINE_SMTP_HOST=host)
    assert send(a_mail()) == ""
    assert len(server.mails) == 1


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_the_password_is_given_over_tls(served, authority, monkeypatch, tls):
    logins = MailServer()
    how = encrypted(tls, authority.context("127.0.0.1"))
    server = served(tls, authenticator=logins.log_in, auth_required=True, **how)
    set_to(monkeypatch, PACKLINE_SMTP_CA=str(authority.file), **LOGIN)
    assert send(a_mail()) == ""
    assert logins.logins == [(b"me", b"hunter2")]
    assert len(server.mails) == 1


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_wrong_password_is_about_all_mails(served, authority, monkeypatch, tls):
    logins = MailServer()
    logins.login_answer = "535 5.7.8 wrong"
    how = encrypted(tls, authority.context("127.0.0.1"))
    server = served(tls, authenticator=logins.log_in, auth_required=True, **how)
    set_to(monkeypatch, PACKLINE_SMTP_CA=str(authority.file), **LOGIN)
    with pytest.raises(MailServerRefuses, match="correct PACKLINE_SMTP_USERNAME") as refusal:
        send(a_mail())
    assert refusal.value.code == "mail-login-refused"
    assert "hunter2" not in str(refusal.value)
    assert server.mails == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ("authority", "self-signed certificate|unable to get local issuer"),
        ("host", "IP address mismatch"),
        ("expired", "certificate has expired"),
    ],
)
def test_a_server_that_does_not_prove_who_it_is_gets_nothing(
    served, authority, tmp_path, monkeypatch, tls, wrong, says
):
    logins = MailServer()
    maker = Authority(tmp_path, "somebody") if wrong == "authority" else authority
    host = "mail.example.com" if wrong == "host" else "127.0.0.1"
    context = maker.context(host, ends=-AWAY if wrong == "expired" else AWAY)
    server = served(tls, authenticator=logins.log_in, **encrypted(tls, context))
    set_to(monkeypatch, PACKLINE_SMTP_CA=str(authority.file), **LOGIN)
    with pytest.raises(MailServerRefuses, match=says) as refusal:
        send(a_mail())
    assert refusal.value.code == "mail-server-not-trusted"
    assert (server.mails, logins.logins) == ([], [])


def test_nothing_but_the_systems_authorities_is_trusted_by_itself(served, authority):
    server = served("starttls", **encrypted("starttls", authority.context("127.0.0.1")))
    with pytest.raises(MailServerRefuses):
        send(a_mail())
    assert server.mails == []


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_server_that_does_not_encrypt_gets_nothing_in_clear(served, monkeypatch, tls):
    logins = MailServer()
    server = served(tls, authenticator=logins.log_in, auth_require_tls=False)
    set_to(monkeypatch, **LOGIN)
    with pytest.raises((MailServerRefuses, MailServerAway)) as refusal:
        send(a_mail())
    assert refusal.value.code == "mail-server-cannot-encrypt"
    assert f"PACKLINE_SMTP_TLS={tls}" in str(refusal.value)
    assert (server.mails, logins.logins) == ([], [])
