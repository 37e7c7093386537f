"""Bringing the catalogues up to date with the code: `python -m adapters.language.updating`.

With the code of a language (`… adapters.language.updating fr`) it begins that one's catalogue.
"""

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from adapters.language.catalogues import CATALOGUES, catalogue_file, languages

PROJECT = Path(__file__).parents[2]
FOLDERS = (
    "adapters", "benchmarks", "console", "deployments", "domain", "flows", "models", "services",
    "tasks",
)  # fmt: skip
_WORDS = "adapters.language.extraction:extract_words"
_METHODS = [
    ("models/enums.py", _WORDS),
    ("models/process.py", _WORDS),
    ("models/forms/**.py", _WORDS),
    ("domain/promises.py", _WORDS),
    ("services/access/permissions.py", _WORDS),
    ("**.py", "adapters.language.extraction:extract"),
    ("**/templates/**.html", "jinja2.ext:babel_extract"),
]
_OPTIONS = {"**.html": {"trimmed": "true", "silent": "false"}}
_WIDTH = 100
_NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
"""Files that differ only in when they were written would be in each other's way."""


class Source(NamedTuple):
    """A text for translators, and where it stands."""

    file: str
    line: int
    text: str | tuple[str, ...]
    comments: list[str]

    @property
    def is_of_page(self) -> bool:
        """It stands in a template of pages, where values are written `%(name)s`."""
        return self.file.endswith(".html")


def sources() -> Iterator[Source]:
    """All texts of the project that people read."""
    found = extract_from_dir(PROJECT, _METHODS, _OPTIONS, directory_filter=_is_ours)
    for file, line, text, comments, _ in found:
        yield Source(file, line, text, comments)


def update(language: str, folder: Path = CATALOGUES) -> None:
    """Write a language's catalogue anew: with all texts of the project, and those alone."""
    file = catalogue_file(language, folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    catalogue = _catalogue(language)
    if file.exists():
        catalogue = read_po(file.open("rb"), language)
    catalogue.update(_template(), no_fuzzy_matching=True, update_creation_date=False)
    with file.open("wb") as written:
        write_po(
            written,
            catalogue,
            width=_WIDTH,
            sort_output=True,
            ignore_obsolete=True,
            include_lineno=False,
        )


def _template() -> Catalog:
    template = Catalog()
    for source in sources():
        place = [(source.file, source.line)]
        template.add(source.text, locations=place, auto_comments=source.comments)
    return template


def _catalogue(language: str) -> Catalog:
    return Catalog(
        language,
        header_comment=f"# Packline in {language}. How to translate: docs/translating.md.",
        project="Packline",
        version="",
        msgid_bugs_address="",
        last_translator="",
        language_team=language,
        creation_date=_NO_DATE,
        revision_date=_NO_DATE,
        fuzzy=False,
    )


def _is_ours(folder: str) -> bool:
    top, *below = Path(folder).relative_to(PROJECT).parts
    return top in FOLDERS and "__pycache__" not in below


if __name__ == "__main__":
    for each in sys.argv[1:] or set(languages()) - {"en"}:
        update(each)
