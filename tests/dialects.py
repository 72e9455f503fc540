"""Services that speak only a part of OpenAI's API, each as the real one does: real HTTP, small."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from tests.llm_faults import CONTENT
from tests.llm_server import Asked, LLMServer


class OllamaLike(LLMServer):
    """Takes every setting and heeds few: JSON comes in the middle of prose. No request ids, no details of usage."""

    def _understand(self, body: dict[str, Any], request: web.Request) -> Asked:
        return super()._understand({k: v for k, v in body.items() if k != "response_format"}, request)

    def _count_request(self, asked: Asked) -> dict[str, str]:
        return {}

    def _completion(self, asked: Asked, fault: str | None) -> dict[str, object]:
        told = super()._completion(asked, fault or "prose") | {"model": asked.body["model"], "system_fingerprint": "fp"}
        usage: Mapping[str, Any] = told["usage"]  # type: ignore[assignment]
        del told["service_tier"], told["id"]
        kept = ("prompt_tokens", "completion_tokens", "total_tokens")
        return told | {"usage": {name: usage[name] for name in kept}}


class VLLMLike(LLMServer):
    """Cannot compile the schema and says so in a bare error object; no x-ratelimit headers."""

    said = "response_format not supported: the provided JSON schema contains features not supported by xgrammar."

    def _count_request(self, asked: Asked) -> dict[str, str]:
        return {}

    def _unknown(self, asked: Asked) -> dict[str, object] | None:
        if asked.body.get("response_format", {}).get("type") != "json_schema":
            return None
        return {"object": "error", "message": self.said, "type": "BadRequestError", "param": None, "code": 400}

    async def _answer(self, request: web.Request, asked: Asked) -> web.StreamResponse:
        error = self._unknown(asked)
        return web.json_response(error, status=400) if error else await super()._answer(request, asked)


class GrammarLike(VLLMLike):
    """As llama.cpp and older versions of vLLM word it: no setting of ours is named."""

    said = "failed to parse grammar"


class AzureLike(LLMServer):
    """A deployment in the path, a version in the query, the key in a header of its own; a model list is not there."""

    deployment, version = "catalogo-mini", "2024-10-21"

    @property
    def address(self) -> str:
        return f"{self.base_url.removesuffix('/v1')}/openai/deployments/{self.deployment}?api-version={self.version}"

    @property
    def resource_address(self) -> str:
        """Without a deployment: the model's name is the deployment's."""
        return f"{self.base_url.removesuffix('/v1')}/openai?api-version={self.version}"

    def add_routes(self, app: web.Application) -> None:
        app.router.add_post("/openai/deployments/{name}/chat/completions", self._complete)

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        if request.match_info["name"] != self.deployment:
            said = {"code": "DeploymentNotFound", "message": "The API deployment for this resource does not exist."}
            return web.json_response({"error": said}, status=404)
        return await super()._complete(request)

    def _is_stranger(self, request: web.Request) -> bool:
        return (request.query.get("api-version") != self.version or "authorization" in request.headers
                or request.headers.get("api-key") != self.key)  # fmt: skip


class ReasonerLike(LLMServer):
    """Thinks first, within max_completion_tokens; knows neither temperature nor max_tokens."""

    thoughts = 1_800  # tokens before the answer begins

    def _unknown(self, asked: Asked) -> dict[str, object] | None:
        if "temperature" in asked.body:
            said = ("Unsupported value: 'temperature' does not support 0.0 with this model. Only the default (1) value "
                    "is supported.")  # fmt: skip
            return {"message": said, "param": "temperature", "code": "unsupported_value"}
        if "max_tokens" in asked.body:
            said = ("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' "
                    "instead.")  # fmt: skip
            return {"message": said, "param": "max_tokens", "code": "unsupported_parameter"}
        return None

    def _completion(self, asked: Asked, fault: str | None) -> dict[str, object]:
        room = asked.body.get("max_completion_tokens", 100_000)
        self.reasoning_tokens = min(self.thoughts, room)
        cut = room < self.thoughts
        told = super()._completion(asked, "cut_thoughts" if cut else fault)
        if cut:
            choice: dict[str, Any] = told["choices"][0]  # type: ignore[index]
            choice |= {"finish_reason": "length", "message": {"role": "assistant", "content": ""}}
        return told


CONTENT["cut_thoughts"] = lambda _: ""
