"""The key that signs sessions and links; all copies of the console share it."""

from adapters.settings.environment import settings
from adapters.settings.kept_secrets import kept_secret


def secret_keys() -> list[str]:
    """The key, and behind it its predecessors, which still prove what they have signed.

    Without PACKLINE_SECRET_KEY it is one that is kept in the data folder. Raises
    `SecretUnreadable`.
    """
    if given := settings().secret_key:
        return [key.strip() for key in given.get_secret_value().split(",")]
    return [kept_secret("secret.key", "PACKLINE_SECRET_KEY")]
