"""The catalogue and the pages say the same things, and data in them stays data."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pages.components.escaping import chart_label, plain, safe
from pages.components.texts import PLACEHOLDER, catalogue

ROOT = Path(__file__).resolve().parents[2]
CALLS = {"t", "tn", "mark"}


def written() -> Iterator[tuple[str, str]]:
    """Every text that a page hands to t, tn or mark, with its place."""
    for path in sorted((ROOT / "pages").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CALLS and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str):
                    yield first.value, f"{path.name}:{node.lineno}"


def test_every_text_of_the_pages_has_a_spanish_one() -> None:
    known = catalogue("es")
    assert not [(place, text) for text, place in written() if not known.get(text)]


def test_translations_keep_the_placeholders() -> None:
    for source, told in catalogue("es").items():
        for form in told if isinstance(told, tuple) else (told,):
            assert set(PLACEHOLDER.findall(source)) == set(PLACEHOLDER.findall(form)), source


def test_the_catalogue_holds_nothing_that_no_page_says() -> None:
    assert not set(catalogue("es")) - {text for text, _ in written()}


@pytest.mark.parametrize(
    "text",
    [
     "![x](http://canary.test/x.png)", "[a](http://canary.test)", "<b>bold</b>", "$x^2$", ":red[x]", "# title", "**x**",
     "`code`", "http://canary.test", "www.canary.test", "a@canary.test", ":material/home:", "- item", "1. item",
     "~~x~~"],
)  # fmt: skip
def test_hostile_texts_become_plain_text_in_markdown(text: str) -> None:
    tree = MarkdownIt("commonmark").enable("strikethrough").parse(safe(text))
    kinds = {child.type for token in tree for child in token.children or ()}
    assert kinds <= {"text", "text_special"}
    assert [token.type for token in tree] == ["paragraph_open", "inline", "paragraph_close"]


@given(st.text(alphabet=string.printable + "ñ€你\u202e\u2028", max_size=300))
def test_escaped_texts_stay_on_one_bounded_line(text: str) -> None:
    assert "\n" not in safe(text)
    assert len(plain(text)) <= 200


@given(st.text(max_size=200))
def test_chart_labels_hold_no_tag(text: str) -> None:
    label = chart_label(text)
    assert "<" not in label
    assert ">" not in label
