from __future__ import annotations

from decimal import Decimal

import pytest

from classifier.metrics import Share
from pages.components import formats


@pytest.fixture(autouse=True)
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    import streamlit as st

    st.session_state["language"] = "en"


@pytest.mark.parametrize(
    ("amount", "text"),
    [(None, "–"), (Decimal(0), "$0.00"), (Decimal("12.346"), "$12.35"), (Decimal("0.5"), "$0.50"),
     (Decimal("0.00123"), "$0.00123"), (Decimal("0.0000071"), "$0.00000710")],
)  # fmt: skip
def test_small_amounts_keep_their_telling_digits(amount: Decimal | None, text: str) -> None:
    assert formats.usd(amount) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, "–"), (1.25, "1.2 s"), (65, "1 min 5 s"), (3600, "1 h"), (90061, "1 d 1 h")]
)
def test_durations_show_their_two_largest_units(seconds: float | None, text: str) -> None:
    assert formats.duration(seconds) == text


def test_nothing_is_not_zero() -> None:
    assert formats.percent(None) == formats.number(None) == formats.interval(Share(0, 0)) == "–"


def test_a_share_names_its_counts() -> None:
    assert formats.of(Share(1234, 5678)) == "1,234 of 5,678"
