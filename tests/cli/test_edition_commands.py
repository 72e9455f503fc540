"""anaquel edition, as the owner of a taxonomy uses it: see what was changed, take it away, bring it back, go back."""

from __future__ import annotations

import json
from pathlib import Path

from classifier import taxonomies
from classifier.bootstrap import build
from classifier.editions import Change, ChangeKind
from classifier.repair import editing
from classifier.settings import Settings
from tests.served import run_cli

CHAMPU = Change(ChangeKind.ALT_LABEL, "030101", "champusito", "es")
NOTE = Change(ChangeKind.GUIDANCE, "030101", "never pet shampoo")


def drafted(home: Path) -> str:
    here = build(Settings.from_env({"ANAQUEL_HOME": str(home)}))
    base = taxonomies.ensure_built_in(here)
    editing.accept(here, editing.begin(here, base, "ana"), [CHAMPU, NOTE], "ana")
    return base


def done(home: Path, *words: str) -> str:
    ran = run_cli(home, *words)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.decode()


def test_an_edition_is_published_used_exported_gone_back_from_and_imported_again(tmp_path: Path) -> None:
    home, patch = tmp_path / "home", tmp_path / "patch.jsonld"
    base = drafted(home)
    assert "champusito" in done(home, "edition", "show", "draft")
    published = done(home, "edition", "publish", "--note", "people say so").strip()
    assert published != base
    found = json.loads(done(home, "edition", "list", "--json"))
    assert [(one["number"], one["is_in_use"], one["taxonomy_id"]) for one in found] == [
        (1, True, published), (0, False, base)]  # fmt: skip
    assert {change["text"] for change in found[0]["changes"]} == {"champusito", "never pet shampoo"}
    ran = run_cli(home, "classify", "-", "-o", "-", stdin=b'[{"text": "champusito"}]')
    job = json.loads(ran.stdout)
    assert job["results"][0]["classification"]["notation"] == "030101"
    assert json.loads(done(home, "edition", "diff", "0", "--json")) == found[0]["changes"]
    done(home, "edition", "export", "1", "-o", str(patch))
    assert done(home, "edition", "back", "0").strip() == base
    assert done(home, "taxonomy", "import", str(patch)).strip() == published
    assert [one["number"] for one in json.loads(done(home, "edition", "list", "--json"))] == [3, 2, 1, 0]


def test_what_no_edition_can_do_is_a_sentence(tmp_path: Path) -> None:
    for words in (("show", "7"), ("show", "draft"), ("publish",), ("back", "0"), ("diff", "0", "nine"),
                  ("export", "last", "-o", "edition.xml"), ("list", "--taxonomy", "none such")):  # fmt: skip
        ran = run_cli(tmp_path, "edition", *words)
        assert ran.returncode == 2, (words, ran.stderr)
        assert b"Traceback" not in ran.stderr
        assert ran.stderr.strip()
