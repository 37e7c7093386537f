"""Codes for scanners: Code 128 and QR codes, as bars or as pictures for a page."""

from dataclasses import dataclass

import segno
from reportlab.graphics.barcode.code128 import Code128

_MOST_MODULES = 290
"""Wider ones would have bars on a list that no scanner tells apart."""


@dataclass(frozen=True)
class Bars:
    """Where each bar of a code begins, and how wide it is; and the width of all."""

    drawn: tuple[tuple[float, float], ...]
    width: float


class _Code(Code128):  # type: ignore[misc]  # reportlab has no types
    """Code 128 that notes where it would draw."""

    def __init__(self, text: str, module: float) -> None:
        super().__init__(text, barWidth=module, barHeight=1, quiet=0)
        self.drawn: list[tuple[float, float]] = []

    def rect(self, x: float, _y: float, width: float, _height: float) -> None:
        """Note a bar."""
        self.drawn.append((x, width))


def code128(text: str, module: float) -> Bars:
    """A text of printable ASCII as Code 128, without quiet zones; `module` is the thinnest bar."""
    code = _Code(text, module)
    code.draw()
    return Bars(tuple(code.drawn), code.width)


def code128_picture(text: str) -> dict[str, str | int] | None:
    """The same as an SVG with its width in modules; None where it cannot be, or is too wide."""
    if not text or not (text.isascii() and text.isprintable()):
        return None
    bars = code128(text, 1)
    if bars.width > _MOST_MODULES:
        return None
    path = "".join(f"M{x:g} 0h{width:g}v1h-{width:g}z" for x, width in bars.drawn)
    return {"svg": _svg(bars.width, 1, path), "modules": int(bars.width)}


def qr_picture(text: str) -> str:
    """A text as a QR code, an SVG without a quiet zone; a tenth of it may be worn off."""
    matrix = segno.make(text, micro=False, error="m", boost_error=False).matrix
    path = "".join(
        f"M{column} {row}h1v1h-1z"
        for row, modules in enumerate(matrix)
        for column, dark in enumerate(modules)
        if dark
    )
    return _svg(len(matrix), len(matrix), path)


def _svg(width: float, height: float, path: str) -> str:
    shape = f'viewBox="0 0 {width:g} {height:g}" preserveAspectRatio="none"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {shape}><path d="{path}"/></svg>'
