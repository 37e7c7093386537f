"""The fonts of labels and lists, and which signs they have.

Noto comes with two packages of Python, so that every machine sets the same text with the same
fonts. Only a text with a sign that those lack is set with the fonts of the system besides
(docs/decisions/0034).
"""

import unicodedata
from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import manimgx_fonts
import manimgx_fonts_cjk
import typst
import uharfbuzz

INSTALL_MORE = "apt-get install fonts-noto-core"
"""What brings a Debian machine fonts for nearly all scripts."""

_FOLDERS = [Path(package.__path__[0]).resolve() for package in (manimgx_fonts, manimgx_fonts_cjk)]
_FIRST, _LAST = "Noto Sans", ("Noto Sans Symbols", "Noto Emoji")
_HAN = "Noto Sans CJK "
HAN_OF_COUNTRY = {
    "CN": "SC", "HK": "HK", "JP": "JP", "KP": "KR", "KR": "KR", "MO": "HK", "TW": "TC",
}  # fmt: skip
"""Which form of Chinese characters a country writes; others get that of China."""
_OTHER_HAN = "SC"
_KNOWN_CLUSTERS = 20_000
_SILENT = frozenset(
    "\u034f\u061c\u200c\u200d\u200e\u200f"
    + "".join(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
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


class Run(NamedTuple):
    """A piece of a text that is set in one family."""

    text: str
    family: str


class FontSet:
    """Fonts, and the signs of each family of them."""

    def __init__(self, loaded: typst.Fonts) -> None:
        self.loaded = loaded
        self._signs = _signs_by_family(loaded)
        self._family = lru_cache(maxsize=_KNOWN_CLUSTERS)(self._find_family)

    def runs(self, text: str, country: str) -> list[Run]:
        """The text in pieces that are of one family each: of all that have a letter the first.

        A letter and its marks are of one family, or Typst might lose the letter. Blanks go with the
        letters before them. `country` (ISO 3166) decides in which of its forms a Chinese character
        is written, unless the text has Japanese or Korean letters.
        """
        found: list[Run] = []
        han = _written_for(text, country)
        for cluster in clusters(text):
            family = self._family(cluster, han) or _FIRST
            if found and cluster == " " and found[-1].family not in _LAST:
                family = found[-1].family
            if found and family == found[-1].family:
                found[-1] = Run(found[-1].text + cluster, found[-1].family)
            else:
                found.append(Run(cluster, family))
        return found

    def has(self, cluster: str) -> bool:
        """Whether some family has a letter and its marks: they have to be of one font."""
        return self._family(cluster) is not None

    def has_all(self, text: str) -> bool:
        """Whether the whole text can be set."""
        return all(map(self.has, clusters(text)))

    def knows(self, family: str) -> bool:
        """Whether a family is one of these."""
        return family in self._signs

    def _find_family(self, cluster: str, han: str = _OTHER_HAN) -> str | None:
        wanted = [ord(sign) for sign in cluster if sign not in _SILENT]
        for family in self._ordered(han):
            signs = self._signs[family]
            if all(sign in signs for sign in wanted):
                return family
        return None

    @lru_cache  # noqa: B019  (the two sets of fonts stay)
    def _ordered(self, han: str) -> list[str]:
        def rank(family: str) -> tuple[bool, bool, bool, bool, bool, str]:
            is_own, is_han = packaged().knows(family), family.startswith(_HAN)
            is_last, is_form = family in _LAST, family == _HAN + han
            return not is_own, family != _FIRST, is_last, is_han, not is_form, family

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
    return tuple(name for name, sign in SCRIPTS.items() if not _can_print(sign))


def clusters(text: str) -> Iterator[str]:
    """The text's letters, each with the marks that follow it."""
    cluster = ""
    for sign in text:
        if cluster and sign not in _SILENT and unicodedata.category(sign)[0] != "M":
            yield cluster
            cluster = ""
        cluster += sign
    if cluster:
        yield cluster


def printable_signs(text: str, missing: str) -> tuple[str, bool]:
    """The text with `missing` for signs that no font has, and whether it has any.

    It is composed, where its letters and marks were apart; signs that would show nothing are gone.
    """
    kept = "".join(filter(_shows, unicodedata.normalize("NFC", text)))
    printable = "".join(_printable(cluster, missing) for cluster in clusters(kept))
    return printable, printable != kept


def _shows(sign: str) -> bool:
    is_format = unicodedata.category(sign) == "Cf" and unicodedata.bidirectional(sign) != "AN"
    return sign in _SILENT or not is_format


def _printable(cluster: str, missing: str) -> str:
    before = part = ""
    for sign in cluster:
        if _can_print(part + sign):
            part += sign
        else:
            before, part = before + part, missing
    return before + part


def _can_print(cluster: str) -> bool:
    return packaged().has(cluster) or installed().has(cluster)


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
    return HAN_OF_COUNTRY.get(country, _OTHER_HAN)
