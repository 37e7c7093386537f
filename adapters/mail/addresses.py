"""Mail addresses as servers hand them on, and as people write them.

A domain beyond ASCII travels in its A-labels (`xn--…`, IDNA 2008, RFC 5891), which every mail
server takes. What stands before the @ has no such form: it needs SMTPUTF8 (RFC 6531).
"""

import idna


def on_the_wire(address: str) -> str:
    """The address with its domain in ASCII; as it is where that has no such form."""
    local, at, domain = address.rpartition("@")
    try:
        return address if domain.isascii() else local + at + idna.encode(domain).decode()
    except idna.IDNAError:
        return address


def as_written(address: str) -> str:
    """The address with its domain as people write it; as it is where that cannot be told."""
    local, at, domain = address.rpartition("@")
    try:
        return local + at + idna.decode(domain) if "xn--" in domain.lower() else address
    except idna.IDNAError:
        return address
