"""The fonts of labels and lists, and which signs they have.

Noto comes with two packages of Python, so that every machine sets the same text with the same
fonts. Only a text with a sign that those lack is set with the fonts of the system besides
(docs/decisions/0034).
"""

import unicodedata
from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import manimgx_fonts
import manimgx_fonts_cjk
import typst
import uharfbuzz

INSTALL_MORE = "apt-get install fonts-noto-core"
"""What brings a Debian machine fonts for nearly all scripts."""

_FOLDERS = [Path(package.__path__[0]).resolve() for package in (manimgx_fonts, manimgx_fonts_cjk)]
_FIRST, _LAST = "Noto Sans", ("Noto Sans Symbols", "Noto Emoji")
_HAN = "Noto Sans CJK "
HAN_OF_COUNTRY = {"CN": "SC", "HK": "HK", "JP": "JP", "KR": "KR", "TW": "TC"}
"""Which form of Chinese characters a country writes; others get that of China."""
_SILENT = frozenset(
    map(
        chr,
        [0x034F, 0x061C, *range(0x200C, 0x2010), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)],
    )
)
"""Signs without a form of their own, which tell their neighbours what form or direction to take."""

SCRIPTS = {
    "Adlam": "𞤀", "Arabic": "ع", "Armenian": "Ա", "Balinese": "ᬅ", "Bengali": "ক",
    "Canadian syllabics": "ᐃ", "Cherokee": "Ꭰ", "Chinese": "中", "Cyrillic": "Ж",
    "Devanagari": "क", "emoji": "🌸", "Ethiopic": "ሀ", "Georgian": "ა", "Greek": "Ω",
    "Gujarati": "ક", "Gurmukhi": "ਕ", "Hebrew": "א", "Japanese": "あ", "Javanese": "ꦗ",
    "Kannada": "ಕ", "Khmer": "ក", "Korean": "한", "Lao": "ກ", "Latin": "A", "Malayalam": "ക",
    "Meetei Mayek": "ꯃ", "Mongolian": "ᠮ", "Myanmar": "က", "N’Ko": "ߞ", "Odia": "କ",
    "Ol Chiki": "ᱚ", "Sinhala": "ක", "Syriac": "ܐ", "Tamil": "க", "Telugu": "క",
    "Thaana": "ހ", "Thai": "ก", "Tibetan": "ཀ", "Tifinagh": "ⴰ", "Vai": "ꕉ", "Yi": "ꀀ",
}  # fmt: skip
"""Scripts that people write their names in, each with one of its signs."""


class FontSet:
    """Fonts, and the signs of each family of them."""

    def __init__(self, loaded: typst.Fonts) -> None:
        self.loaded = loaded
        self._signs = _signs_by_family(loaded)

    def families(self, text: str, country: str) -> list[str]:
        """The families that a text needs: for each of its signs the first one that has it.

        `country` (ISO 3166) decides in which of its forms a Chinese character is written, unless
        the text has Japanese or Korean letters.
        """
        ordered = self._ordered(_written_for(text, country))
        needed = {self._first_with(ord(sign), ordered) for sign in text or " "}
        return [family for family in ordered if family in needed]

    def has(self, sign: str) -> bool:
        """Whether some family has it."""
        return self._first_with(ord(sign), self._signs) is not None

    def _first_with(self, sign: int, families: Iterable[str]) -> str | None:
        return next((family for family in families if sign in self._signs[family]), None)

    def _ordered(self, han: str) -> list[str]:
        def rank(family: str) -> tuple[bool, bool, bool, bool, str]:
            is_han, own = family.startswith(_HAN), family == _HAN + han
            return family != _FIRST, family in _LAST, is_han, not own, family

        return sorted(self._signs, key=rank)


@lru_cache
def packaged() -> FontSet:
    """The fonts that come with Packline: the same on every machine."""
    return _loaded(system=False)


@lru_cache
def installed() -> FontSet:
    """Those, and the fonts of the system."""
    return _loaded(system=True)


def missing_scripts() -> tuple[str, ...]:
    """The scripts for which this machine has no font, by their English names."""
    return tuple(name for name, sign in SCRIPTS.items() if _is_missing(sign))


def printable_signs(text: str, missing: str) -> tuple[str, bool]:
    """The text with `missing` for signs that no font has, and whether it has any.

    It is composed, where its letters and marks were apart; signs that would show nothing are gone.
    """
    signs = [_shown(sign, missing) for sign in unicodedata.normalize("NFC", text)]
    return "".join(sign for sign, _ in signs), any(lacking for _, lacking in signs)


def _shown(sign: str, missing: str) -> tuple[str, bool]:
    if sign in _SILENT:
        return sign, False
    if unicodedata.category(sign) == "Cf" and unicodedata.bidirectional(sign) != "AN":
        return "", False
    return (missing, True) if _is_missing(sign) else (sign, False)


def _is_missing(sign: str) -> bool:
    return not (packaged().has(sign) or installed().has(sign))


def _loaded(*, system: bool) -> FontSet:
    return FontSet(
        typst.Fonts(include_system_fonts=system, include_embedded_fonts=False, font_paths=_FOLDERS)
    )


def _signs_by_family(fonts: typst.Fonts) -> Mapping[str, Container[int]]:
    found: defaultdict[str, uharfbuzz.Set] = defaultdict(uharfbuzz.Set)
    for font in fonts.fonts():
        if font.path and font.style == "normal":
            file = uharfbuzz.Blob.from_file_path(font.path)
            found[font.family].update(uharfbuzz.Face(file, font.index).unicodes)
    return found


def _written_for(text: str, country: str) -> str:
    names = [unicodedata.name(sign, "") for sign in text]
    if any(name.startswith(("HIRAGANA", "KATAKANA")) for name in names):
        return "JP"
    if any(name.startswith("HANGUL") for name in names):
        return "KR"
    return HAN_OF_COUNTRY.get(country, "SC")
