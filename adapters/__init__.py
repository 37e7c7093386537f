"""The outside world: settings, database, mail, carriers, documents, Prefect's API."""

import warnings

# Told by a library when it is imported, to people who can do nothing about it: the folder that it
# falls back to is fine.
warnings.filterwarnings("ignore", message="XDG_RUNTIME_DIR is not set")
