"""Taking request bodies in pieces, within a limit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import HTTPException, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import wording

SMALL_BYTES = 64 * 1024  # bodies of all routes but the one that takes products
PATIENCE = 4  # a refused body is read (and thrown away) up to so many times the limit, so that the answer gets through


@dataclass(frozen=True)
class Spooled:
    """A body on disk."""

    n_bytes: int
    sha256: str


async def spool(request: Request, path: Path, max_bytes: int) -> Spooled:
    """Write the body to a new file and hash it; raises HTTPException 413 when it is too large."""
    path.parent.mkdir(parents=True, exist_ok=True)
    n_bytes, digest = 0, hashlib.sha256()
    with path.open("xb") as file:
        async for piece in request.stream():
            n_bytes += len(piece)
            if n_bytes <= max_bytes:
                digest.update(piece)
                file.write(piece)
            elif n_bytes > PATIENCE * max_bytes:
                break
    if n_bytes > max_bytes:
        raise HTTPException(413, wording.TOO_LARGE.format(limit=max_bytes, name="ANAQUEL_MAX_UPLOAD_MB"))
    return Spooled(n_bytes, digest.hexdigest())


def _takes_files(path: str) -> bool:
    return path in ("/classify/async", "/jobs/bundle") or path.endswith("/corrections")


class SmallBodies:
    """Refuses bodies over 64 KB, before anything reads them, on every route but those that take files."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Count what is received."""
        if scope["type"] != "http" or _takes_files(scope["path"]):
            await self._app(scope, receive, send)
            return
        n_bytes = 0

        async def counted() -> Message:
            nonlocal n_bytes
            message = await receive()
            n_bytes += len(message.get("body", b""))
            if n_bytes > SMALL_BYTES:
                raise HTTPException(413, wording.TOO_LARGE.format(limit=SMALL_BYTES, name="64 KB"))
            return message

        await self._app(scope, counted, send)
