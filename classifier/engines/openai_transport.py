"""The wire: bytes to a chat completion endpoint, written by the openai client, carried by aiohttp.

The openai client writes the URL and the headers once (key, organisation, project, platform), as for a request of its
own that a hook takes out before it leaves; every call then goes with them straight to aiohttp, which the client would
use too. CPU a call: `chat.completions.create` 1.8 ms, `client.post` 0.6 ms, its HTTP client alone 0.24 ms, this 0.11.
"""

from __future__ import annotations

import asyncio
import email.utils
import functools
import math
import re
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2
from multidict import CIMultiDict
from openai import APIConnectionError, APIStatusError, AsyncAzureOpenAI, AsyncOpenAI, DefaultAioHttpClient
from yarl import URL

from classifier.engines.options import Credentials
from classifier.outcomes import Quota

PATH = "/chat/completions"
PREPARED_FOR_S = 300.0  # then the client writes the headers anew
KEEP_ALIVE_S = 60.0
OURS = {"accept-encoding", "connection", "content-length", "host"}  # headers that aiohttp writes itself
DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|h|m|s|d)")
SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


@functools.cache
def _tls() -> ssl.SSLContext:
    """Read the authorities' certificates once: that is 80 ms, and each job has a transport of its own."""
    return httpx2.create_ssl_context()


class ConnectionFault(Exception):
    """The request or its answer was lost on the way."""


class _TakenOut(Exception):
    """Carries a request that the openai client wrote and that is not to be sent by it."""

    def __init__(self, request: httpx2.Request) -> None:
        self.request = request


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, read to its end. headers.get finds names in lower case."""

    status: int
    content: bytes
    headers: Mapping[str, str]


class Transport:
    """One service, one key, one pool of connections (as many as calls in flight). Never retries or redirects."""

    def __init__(self, credentials: Credentials, deadline_s: float, model: str = "") -> None:
        """model: goes into the path where a service wants it there (Azure's deployments)."""
        self.client, self._model = _client(credentials, deadline_s), model
        self._tls = _tls()
        self._session: aiohttp.ClientSession | None = None
        self._url = URL()
        self._proxy: str | None = None
        self._headers = CIMultiDict[str]()
        self._prepared_at_s = -math.inf
        self._preparing = asyncio.Lock()

    async def send(self, body: bytes) -> Answer:
        """Send a request body; raises ConnectionFault. The caller holds the deadline."""
        if self._session is None or time.monotonic() - self._prepared_at_s > PREPARED_FOR_S:
            await self._prepare()
        assert self._session is not None
        try:
            async with self._session.post(
                self._url, data=body, headers=self._headers, proxy=self._proxy, allow_redirects=False
            ) as response:
                return Answer(response.status, await response.read(), response.headers)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise ConnectionFault(_reason(error)) from None

    async def get(self, path: str) -> Answer:
        """Read a path below the base URL (`/models`); raises ConnectionFault. The caller holds the deadline."""
        try:
            response = await self.client.get(path, cast_to=httpx2.Response)
        except APIStatusError as error:
            response = error.response
        except (httpx2.HTTPError, httpx2.InvalidURL, APIConnectionError, OSError) as error:
            raise ConnectionFault(_reason(error)) from None
        return Answer(response.status_code, response.content, response.headers)

    async def aclose(self) -> None:
        """Close the connections."""
        await self.client.close()
        if self._session is not None:
            await self._session.close()

    async def _prepare(self) -> None:
        """Let the client write a request and keep its URL and headers."""
        async with self._preparing:
            if time.monotonic() - self._prepared_at_s <= PREPARED_FOR_S:
                return
            try:
                await self.client.post(PATH, body={"model": self._model}, cast_to=httpx2.Response)
            except _TakenOut as taken:
                request = taken.request
            except (httpx2.HTTPError, httpx2.InvalidURL, APIConnectionError, OSError) as error:
                raise ConnectionFault(_reason(error)) from None
            self._url = URL(str(request.url))
            self._proxy = _proxy_for(self._url)
            self._headers = CIMultiDict({name: value for name, value in request.headers.items() if name not in OURS})
            self._session = self._session or _new_session(self._tls)
            self._prepared_at_s = time.monotonic()


def _client(credentials: Credentials, deadline_s: float) -> AsyncOpenAI:
    """Make the openai client; an address with ?api-version= is Azure's, which wants the key in a header of its own."""
    http_client = DefaultAioHttpClient(
        verify=_tls(), timeout=deadline_s, follow_redirects=False, event_hooks={"request": [_take_out]}
    )
    address, version = _azure(credentials.base_url)
    shared: dict[str, Any] = {
        "api_key": credentials.api_key, "base_url": address, "organization": credentials.organization,
        "project": credentials.project, "max_retries": 0, "http_client": http_client,
    }  # fmt: skip
    return AsyncAzureOpenAI(api_version=version, **shared) if version else AsyncOpenAI(**shared)


def _azure(base_url: str) -> tuple[str, str | None]:
    """Part an address from the api-version in its query, if there is one."""
    address, _, query = base_url.partition("?")
    versions = parse_qs(query).get("api-version")
    return (address, versions[0]) if versions else (base_url, None)


async def _take_out(request: httpx2.Request) -> None:
    if request.url.path.endswith(PATH):
        raise _TakenOut(request)


def _proxy_for(url: URL) -> str | None:
    """Give the proxy that HTTPS_PROXY, HTTP_PROXY and NO_PROXY name; once, as aiohttp's own look-up takes 0.3 ms."""
    if proxy_bypass(url.host or ""):
        return None
    proxies = getproxies()
    return proxies.get(url.scheme) or proxies.get("all")


def _new_session(tls: ssl.SSLContext) -> aiohttp.ClientSession:
    """Open a session without a bound on connections (the limiter has it), cookies, or a timeout (the engine has it)."""
    connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S, ssl=tls)
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=None),
    )


def _reason(error: BaseException) -> str:
    """Name what went wrong, from the innermost cause: the client's own sentence is only "Connection error."."""
    while error.__cause__ is not None:
        error = error.__cause__
    return f"{type(error).__name__}: {error}"[:300] if str(error) else type(error).__name__


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """Read Retry-After-Ms or Retry-After (seconds or a date); None when absent, past or nonsense."""
    if (millis := _number(headers.get("retry-after-ms"))) is not None:
        return millis / 1000 if millis > 0 else None
    value = headers.get("retry-after")
    if value is None:
        return None
    if (seconds := _number(value)) is not None:
        return seconds if seconds > 0 else None
    try:
        wait_s = email.utils.parsedate_to_datetime(value).timestamp() - time.time()
    except (TypeError, ValueError, OverflowError):
        return None
    return wait_s if wait_s > 0 else None


def quota(headers: Mapping[str, str], name: str) -> Quota | None:
    """Read one bucket (`requests` or `tokens`) of the x-ratelimit headers; None unless both are there."""
    limit = _number(headers.get(f"x-ratelimit-limit-{name}"))
    remaining = _number(headers.get(f"x-ratelimit-remaining-{name}"))
    if limit is None or remaining is None or limit <= 0:
        return None
    return Quota(limit, max(0.0, remaining), duration_s(headers.get(f"x-ratelimit-reset-{name}") or ""))


def duration_s(text: str) -> float:
    """Read Go's way of writing durations ("1m2.5s", "20ms") or plain seconds; 0.0 when it is neither."""
    if (seconds := _number(text)) is not None:
        return max(0.0, seconds)
    return sum(float(n) * SECONDS[unit] for n, unit in DURATION.findall(text))


def _number(text: str | None) -> float | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
