"""What the pages rely on and Streamlit does not promise."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

from streamlit import config
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

ROOT = Path(__file__).resolve().parents[2]
CONFIG = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))


def test_every_configured_option_exists() -> None:
    known = set(config._config_options_template)
    told = {f"{section}.{name}" for section, options in CONFIG.items() if section != "theme" for name in options}
    assert not told - known


def test_nothing_is_told_to_others() -> None:
    assert CONFIG["server"]["address"] == "127.0.0.1"
    assert CONFIG["browser"]["gatherUsageStats"] is False
    assert CONFIG["client"]["showErrorDetails"] == "none"
    assert "http" not in str(CONFIG["theme"])


def test_plotly_gets_the_ten_colours_it_insists_on() -> None:
    for mode in ("light", "dark"):
        assert len(CONFIG["theme"][mode]["chartCategoricalColors"]) == 10
        assert len(CONFIG["theme"][mode]["chartSequentialColors"]) == 10


def test_an_upload_can_be_freed() -> None:
    assert callable(MemoryUploadedFileManager.remove_file)


def test_streamlit_finds_the_app_by_reading_the_file() -> None:
    tree = ast.parse((ROOT / "app.py").read_text(encoding="utf-8"))
    calls = [n.value for n in tree.body if isinstance(n, ast.Assign) and getattr(n.targets[0], "id", "") == "app"]
    assert [ast.unparse(call.func) for call in calls if isinstance(call, ast.Call)] == ["st.App"]


def test_no_page_reads_data_as_markup() -> None:
    """st.table, st.html and unsafe_allow_html would; column images would fetch."""
    forbidden = ("st.table(", "st.html(", "unsafe_allow_html", "ImageColumn", "MarkdownColumn", "st.write(")
    found = [
        (p.name, f) for p in (ROOT / "pages").rglob("*.py") for f in forbidden if f in p.read_text(encoding="utf-8")
    ]
    assert not found


def test_pages_are_short() -> None:
    long = [p.name for p in (ROOT / "pages").glob("*.py") if len(p.read_text(encoding="utf-8").splitlines()) > 80]
    assert not long
