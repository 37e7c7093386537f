"""Style sheet and scripts: each under a name that changes with its content, so that browsers keep
it for good and a new version is there at once.
"""

import hashlib
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, Response

router = APIRouter()
_FOLDER = Path(__file__).with_name("static")
_KINDS = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_FOR_GOOD = {"Cache-Control": "public, max-age=31536000, immutable"}


@cache
def version() -> str:
    """What the content of all files together is known by: modules import each other by name."""
    content = hashlib.sha256()
    for file in sorted(_FOLDER.iterdir()):
        content.update(file.read_bytes())
    return content.hexdigest()[:12]


def asset(name: str) -> str:
    """The path of a file, such as `style.css`."""
    return f"/static/{version()}/{name}"


@router.get("/static/{of_version}/{name}")
def static(of_version: str, name: str) -> Response:
    """A file of the console's own."""
    file = _FOLDER / name
    if file.parent != _FOLDER or file.suffix not in _KINDS or not file.is_file():
        return Response(status_code=404)
    kept = _FOR_GOOD if of_version == version() else {}
    return FileResponse(file, media_type=_KINDS[file.suffix], headers=kept)
