"""Links on paper: each opens what is to be done for a shipment, for whoever is signed in."""

from datetime import datetime, timedelta

from itsdangerous import BadSignature, URLSafeSerializer

from adapters.settings import settings
from adapters.settings.secret_key import secret_keys
from domain.allocation import ShipmentId
from domain.errors import PacklineError
from domain.shipment_codes import has_prefix, read_shipment_code

_PURPOSE = "shipment-link"
_VALID_FOR = timedelta(days=14)


class BadLink(PacklineError):
    """The link of a QR code opens nothing."""

    messages = {
        "link-expired": "This code has expired: find order {number} by its number.",
        "link-not-ours": "This code is none of ours, or it was damaged: find the order by its"
        " number.",
    }


def shipment_link(which: ShipmentId, now: datetime) -> str:
    """What a QR code opens; '' where nobody has said under which address the console is reached."""
    base = settings().console_url
    if not base:
        return ""
    expires = int((now + _VALID_FOR).timestamp())
    return f"{base.rstrip('/')}/t/{_signer().dumps([*which, expires])}"


def linked_shipment(token: str, now: datetime) -> ShipmentId:
    """The shipment that a link of ours names. Raises `BadLink`."""
    try:
        number, shipment, expires = _signer().loads(token)
    except (BadSignature, ValueError, TypeError):
        raise BadLink("link-not-ours") from None
    if now.timestamp() > expires:
        raise BadLink("link-expired", number=number)
    return number, shipment


def shipment_scanned(code: str, now: datetime) -> ShipmentId | None:
    """The shipment that a scanned code can only mean: by its own code, or the link of a QR code.

    None: it means something else. Raises `BadLink`.
    """
    if has_prefix(code):
        return read_shipment_code(code)
    base = settings().console_url
    link = f"{base.rstrip('/')}/t/" if base else None
    if link and code.strip().startswith(link):
        return linked_shipment(code.strip().removeprefix(link), now)
    return None


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(list(reversed(secret_keys())), salt=_PURPOSE)
