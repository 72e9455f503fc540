"""A small OpenID Connect provider over HTTP: discovery, keys, code flow with PKCE, RS256 tokens, end of session.

It asks for no password: its page lists accounts, and a click signs one in. It is strict about everything else.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "anaquel-test", "a secret of the test"


@dataclass
class Grant:
    """A code that can be used once."""

    claims: dict[str, Any]
    nonce: str
    redirect_uri: str
    challenge: str


@dataclass
class Provider:
    """Accounts by name: the claims that their ID tokens carry beyond the usual ones."""

    accounts: dict[str, dict[str, Any]]
    redirect_uris: set[str] = field(default_factory=set)
    grants: dict[str, Grant] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)  # id_token_hints of ended sessions

    def __post_init__(self) -> None:
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig", "alg": "RS256"})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Bound", (Handler,), {"provider": self}))
        self.issuer = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> Provider:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def environment(self, base: str) -> dict[str, str]:
        """What makes a server at this address use the provider."""
        self.redirect_uris.add(f"{base}/oauth2callback")
        told = {"REDIRECT_URI": f"{base}/oauth2callback", "COOKIE_SECRET": "c" * 40, "CLIENT_ID": CLIENT_ID,
                "CLIENT_SECRET": CLIENT_SECRET,
                "SERVER_METADATA_URL": f"{self.issuer}/.well-known/openid-configuration"}  # fmt: skip
        return {f"ANAQUEL_OIDC_{name}": value for name, value in told.items()}

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer, "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token", "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/end", "response_types_supported": ["code"],
            "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }  # fmt: skip

    def id_token(self, grant: Grant) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "sub": grant.claims.get("email", "nobody"), "iat": now,
                  "exp": now + 600, "nonce": grant.nonce} | grant.claims  # fmt: skip
        return jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)

    def redeem(self, asked: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Give tokens for a code; None when anything about the request is wrong."""
        wanted = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".replace(" ", "%20").encode()).decode()
        plain = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        grant = self.grants.pop(asked.get("code", ""), None)
        if grant is None or authorization not in (f"Basic {wanted}", f"Basic {plain}"):
            return None
        digest = hashlib.sha256(asked.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).decode().rstrip("=")
        if challenge != grant.challenge or asked.get("redirect_uri") != grant.redirect_uri:
            return None
        return {"access_token": secrets.token_hex(8), "token_type": "Bearer", "expires_in": 600,
                "id_token": self.id_token(grant)}  # fmt: skip


class Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        routes: dict[str, Callable[[], None]] = {
            "/.well-known/openid-configuration": lambda: self._json(self.provider.metadata()),
            "/jwks": lambda: self._json({"keys": [self.provider.key.as_dict(private=False)]}),
            "/authorize": lambda: self._accounts(parts.query, asked),
            "/choose": lambda: self._choose(asked),
            "/end": lambda: self._end(asked),
        }
        routes.get(parts.path, lambda: self._json({"error": "not found"}, 404))()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        asked = {name: values[0] for name, values in parse_qs(body).items()}
        tokens = self.provider.redeem(asked, self.headers.get("authorization", ""))
        self._json(tokens or {"error": "invalid_grant"}, 200 if tokens else 400)

    def _accounts(self, query: str, asked: dict[str, str]) -> None:
        if asked.get("client_id") != CLIENT_ID or asked.get("redirect_uri") not in self.provider.redirect_uris:
            self._json({"error": "unknown client"}, 400)
            return
        links = "".join(
            f'<p><a href="/choose?{html.escape(query)}&amp;{urlencode({"who": name})}">{name}</a></p>'
            for name in [*self.provider.accounts, "refuse", "wrong state"]
        )
        self._send(f"<title>Accounts</title><h1>Who are you?</h1>{links}".encode(), "text/html")

    def _choose(self, asked: dict[str, str]) -> None:
        back, state = asked["redirect_uri"], asked["state"]
        if asked["who"] == "refuse":
            self._redirect(f"{back}?{urlencode({'error': 'access_denied', 'state': state})}")
            return
        name = "ana" if asked["who"] == "wrong state" else asked["who"]
        code = secrets.token_hex(8)
        grant = Grant(self.provider.accounts[name], asked["nonce"], back, asked["code_challenge"])
        self.provider.grants[code] = grant
        told = {"code": code, "state": "forged" if asked["who"] == "wrong state" else state}
        self._redirect(f"{back}?{urlencode(told)}")

    def _end(self, asked: dict[str, str]) -> None:
        self.provider.ended.append(asked.get("id_token_hint", ""))
        self._redirect(asked["post_logout_redirect_uri"])

    def _json(self, value: object, status: int = 200) -> None:
        self._send(json.dumps(value).encode(), "application/json", status)

    def _redirect(self, to: str) -> None:
        self.send_response(302)
        self.send_header("location", to)
        self.send_header("content-length", "0")
        self.end_headers()

    def _send(self, body: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
