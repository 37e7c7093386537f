"""The catalogues: what each language says in place of our English texts.

A catalogue is gettext's `locale/de/LC_MESSAGES/packline.po`, as a translator edits it. It is read
once for each process, and compiled in memory. English is the language of the texts themselves, and
has none.
"""

from functools import lru_cache
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

CATALOGUES = Path(__file__).with_name("locale")
DOMAIN = "packline"


def languages(folder: Path = CATALOGUES) -> dict[str, str]:
    """The languages that people can choose, by their codes, each by its own name."""
    found = {"en", *(file.parts[-3] for file in folder.glob(f"*/LC_MESSAGES/{DOMAIN}.po"))}
    return {code: _own_name(Locale.parse(code)) for code in sorted(found)}


def catalogue_file(language: str, folder: Path = CATALOGUES) -> Path:
    """Where a language's catalogue lies."""
    return folder / language / "LC_MESSAGES" / f"{DOMAIN}.po"


@lru_cache
def catalogue(locale: Locale, folder: Path = CATALOGUES) -> NullTranslations:
    """The catalogue of a locale, or of its language; an empty one where neither is translated."""
    for name in (str(locale), locale.language):
        file = catalogue_file(name, folder)
        if file.is_file():
            return _compiled(file)
    return NullTranslations()


def _compiled(file: Path) -> Translations:
    compiled = BytesIO()
    with file.open("rb") as source:
        write_mo(compiled, read_po(source))
    compiled.seek(0)
    return Translations(compiled, DOMAIN)


def _own_name(locale: Locale) -> str:
    name = locale.get_display_name() or str(locale)
    return name[0].upper() + name[1:]
