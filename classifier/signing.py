"""Signatures of callbacks after the Standard Webhooks specification; every owner has a secret of its own."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
import secrets
from datetime import datetime
from pathlib import Path

from standardwebhooks.webhooks import Webhook

from classifier.settings import Settings

FILE = "webhook.secret"


def master_secret(settings: Settings) -> bytes:
    """Return the secret of the settings, else the one in the home folder, which is made at the first call."""
    if settings.serving.webhook_secret:
        return settings.serving.webhook_secret.encode()
    path = settings.home / FILE
    with contextlib.suppress(FileExistsError):
        _create(path)
    return path.read_bytes()


def _create(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(f".{secrets.token_hex(4)}")
    fresh.touch(mode=0o600)
    fresh.write_text(secrets.token_urlsafe(32))
    try:
        path.hardlink_to(fresh)  # whole or not at all, and never over another process's
    finally:
        fresh.unlink()


def owner_secret(settings: Settings, owner: str | None) -> str:
    """Return the secret with which an owner's receiver verifies callbacks: "whsec_" and base64."""
    key = hmac.new(master_secret(settings), f"owner:{owner or ''}".encode(), hashlib.sha256).digest()
    return "whsec_" + base64.b64encode(key).decode()


def sign(secret: str, message_id: str, at: datetime, body: str) -> dict[str, str]:
    """Return the headers of one attempt."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign(message_id, at, body),
    }
