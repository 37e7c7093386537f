"""Secrets that Packline makes for itself, each in a file of the data folder."""

import os
import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path

from adapters.settings.environment import settings
from domain.errors import PacklineError

_BYTES = 48


class SecretUnreadable(PacklineError):
    """The file with a secret cannot be used."""

    message = (
        "The secret in {file} cannot be read ({problem}): give whoever runs Packline the right to"
        " read it, or set {setting}."
    )


def kept_secret(name: str, setting: str) -> str:
    """The secret of that name in the data folder, for its owner to read only; made the first time.

    It is there as a whole or not at all, also where two start at once. `setting` is what can be set
    in its place. Raises `SecretUnreadable`.
    """
    file = settings().data_folder.expanduser() / name
    try:
        return _kept(file.absolute())
    except OSError as problem:
        text = problem.strerror or str(problem)
        raise SecretUnreadable(file=str(file), problem=text, setting=setting) from problem


@cache
def _kept(file: Path) -> str:
    """What the file has: read once for each process, since every request needs the key."""
    if not file.exists():
        _make(file)
    return file.read_text().strip()


def _make(file: Path) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    own = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
        made.write(secrets.token_urlsafe(_BYTES))
    with suppress(FileExistsError):
        os.link(own, file)
    own.unlink()
