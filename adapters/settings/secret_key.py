"""The key that signs sessions and links; all copies of the console share it."""

import os
import secrets
from pathlib import Path

from adapters.settings.environment import settings
from domain.errors import PacklineError

_FILE = "secret.key"
_BYTES = 48


class SecretKeyUnreadable(PacklineError):
    """The file with the key cannot be used."""

    message = (
        "The secret key in {file} cannot be read ({problem}): give whoever runs Packline the right"
        " to read it, or set PACKLINE_SECRET_KEY."
    )


def secret_keys() -> list[str]:
    """The key, and behind it its predecessors, which still prove what they have signed.

    Without PACKLINE_SECRET_KEY one is made in the data folder, for its owner to read only. Raises
    `SecretKeyUnreadable`.
    """
    if given := settings().secret_key:
        return [key.strip() for key in given.get_secret_value().split(",")]
    file = settings().data_folder.expanduser() / _FILE
    try:
        return [_made_once(file)]
    except OSError as problem:
        raise SecretKeyUnreadable(file=str(file), problem=str(problem)) from problem


def _made_once(file: Path) -> str:
    """The key of the file. It is there as a whole or not at all, also where two start at once."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True)
        own = file.with_name(f"{_FILE}.{secrets.token_hex(8)}")
        with os.fdopen(os.open(own, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as made:
            made.write(secrets.token_urlsafe(_BYTES))
        try:
            os.link(own, file)
        except FileExistsError:
            pass
        finally:
            own.unlink()
    return file.read_text().strip()
