"""What the environment decides: where things are kept, and how the paid service is reached."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from classifier.identity import SignIn
from classifier.serving import Serving

ROOT = Path(__file__).resolve().parents[1]
THREAD, WORKERS = "thread", "workers"
DEFAULT_BASE_URL = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class Secret:
    """A key that does not show itself in logs, errors or a debugger's repr."""

    value: str = field(repr=False)

    def __str__(self) -> str:
        return "***"

    def __bool__(self) -> bool:
        return bool(self.value)


@dataclass(frozen=True, slots=True)
class Settings:
    """Frozen when the process starts.

    home: folder for everything that is written. openai_base_url is None when the environment does not say; the
    settings page may then choose one.
    """

    home: Path
    database_url: str
    openai_api_key: Secret = Secret("")
    openai_base_url: str | None = None
    openai_organisation: str | None = None
    openai_project: str | None = None
    executor: str = THREAD  # where jobs run: in the dashboard's process, or in those of `anaquel worker`
    concurrency: int = 64
    requests_per_minute: int | None = None
    tokens_per_minute: int | None = None
    max_upload_bytes: int = 512 * 1024 * 1024
    serving: Serving = field(default_factory=Serving)
    sign_in: SignIn = field(default_factory=SignIn)

    @classmethod
    def from_env(cls, env: Mapping[str, str] | None = None) -> Settings:
        """Read the environment (os.environ unless given); raises ValueError when a number is not one."""
        env = os.environ if env is None else env
        home = Path(env.get("ANAQUEL_HOME") or ROOT / "var").expanduser().resolve()
        database_url = env.get("DATABASE_URL") or f"sqlite:///{home / 'anaquel.db'}"
        return cls(
            home=home,
            database_url=database_url,
            executor=_executor(env, database_url),
            openai_api_key=Secret(env.get("OPENAI_API_KEY", "").strip()),
            openai_base_url=env.get("OPENAI_BASE_URL") or None,
            openai_organisation=env.get("OPENAI_ORG_ID") or None,
            openai_project=env.get("OPENAI_PROJECT_ID") or None,
            concurrency=_number(env, "ANAQUEL_CONCURRENCY") or 64,
            requests_per_minute=_number(env, "ANAQUEL_REQUESTS_PER_MINUTE"),
            tokens_per_minute=_number(env, "ANAQUEL_TOKENS_PER_MINUTE"),
            max_upload_bytes=(_number(env, "ANAQUEL_MAX_UPLOAD_MB") or 512) * 1024 * 1024,
            serving=Serving.from_env(env),
            sign_in=SignIn.from_env(env),
        )

    @property
    def spool(self) -> Path:
        """Folder of uploads that wait to be read."""
        return self.home / "uploads"

    @property
    def journals(self) -> Path:
        """Folder of the journals of this host's workers on this database; a new password is no new database."""
        url = urlsplit(self.database_url)
        place = f"{url.hostname}:{url.port}{url.path}"
        return self.home / "journal" / hashlib.blake2b(place.encode(), digest_size=6).hexdigest()


def _executor(env: Mapping[str, str], database_url: str) -> str:
    told = env.get("ANAQUEL_EXECUTOR", "").strip() or (WORKERS if database_url.startswith("postgres") else THREAD)
    if told not in {THREAD, WORKERS}:
        raise ValueError(f"ANAQUEL_EXECUTOR must be {THREAD} or {WORKERS}, not {told!r}.")
    return told


def _number(env: Mapping[str, str], name: str) -> int | None:
    told = env.get(name, "").strip()
    if not told:
        return None
    if not told.isdecimal() or int(told) == 0:
        raise ValueError(f"{name} must be a whole number above 0, not {told!r}.")
    return int(told)
