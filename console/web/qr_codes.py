"""QR codes on pages."""

import segno


def qr_code(content: str) -> str:
    """A picture of a code as the address of an image; it needs no request of its own."""
    return str(segno.make(content, error="m", micro=False).svg_data_uri(scale=6, border=4))
