"""Counting tokens: by a tokenizer where one is installed, else by characters as measured on our own prompts."""

from __future__ import annotations

from functools import lru_cache
from importlib import import_module
from typing import Any

# measured with o200k (gpt-4o and later) on the retail taxonomy: the list 3.26, JSON of products 3.58, schema 2.97
CHARS_PER_TOKEN = 3.25
CALIBRATED = "characters / 3.25, as measured on Spanish category lists"


@lru_cache(maxsize=1)
def _encoding() -> Any:
    """Give the tokenizer of the optional package `bpe-openai` (its vocabularies are in it: no download), else None."""
    try:
        return import_module("bpe_openai").get_encoding("o200k_base")
    except (ImportError, AttributeError, ValueError):
        return None


def counting_method() -> str:
    """Say how tokens are counted here, for the page that shows an estimate."""
    return "tokenizer o200k_base" if _encoding() is not None else CALIBRATED


def count_tokens(text: str) -> int:
    """Count or estimate the tokens of a text."""
    encoding = _encoding()
    return len(encoding.encode(text)) if encoding is not None else round(len(text) / CHARS_PER_TOKEN)
