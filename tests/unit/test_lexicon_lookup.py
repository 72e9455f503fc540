from __future__ import annotations

from pathlib import Path

import pytest

from classifier.lexicon import Kind, Lexicon, read_lexicon


def _write(folder: Path, name: str, *rows: str) -> None:
    (folder / name).write_text("\n".join(rows) + "\n", encoding="utf-8")


def test_kinds_and_nouns_are_read_with_all_their_labels(tmp_path: Path) -> None:
    _write(tmp_path, "kinds.tsv", "kind\tbroader\tes\ten", "# a remark", "food\t\talimentos|comida\tfood",
           "legume\tfood\tlegumbres\tpulses|legumes")  # fmt: skip
    _write(tmp_path, "nouns.tsv", "lang\tnoun\tkind\tregion\tnote", "es\tlenteja\tlegume\t\t", "en\tlentil\tlegume\t\t")
    lexicon = read_lexicon(tmp_path)
    assert lexicon.kinds["food"].labels["es"] == ("alimentos", "comida")
    assert [n.text for n in lexicon.nouns] == ["lenteja", "lentil"]
    assert lexicon.lineage("legume") == (("legume", 0), ("food", 1))


def test_a_kind_with_two_broader_kinds_climbs_both_and_names_each_once(tmp_path: Path) -> None:
    _write(tmp_path, "kinds.tsv", "kind\tbroader\tes\ten", "food\t\tcomida\tfood", "dairy\tfood\tlácteos\tdairy",
           "dessert\tfood\tpostres\tdesserts", "custard\tdairy|dessert\tnatillas\tcustard")  # fmt: skip
    assert read_lexicon(tmp_path).lineage("custard") == (("custard", 0), ("dairy", 1), ("dessert", 1), ("food", 2))


def test_a_circle_of_kinds_ends() -> None:
    lexicon = Lexicon(kinds={"a": Kind("a", ("b",), {}), "b": Kind("b", ("a",), {})})
    assert lexicon.lineage("a") == (("a", 0), ("b", 1))


def test_an_unknown_kind_has_no_lineage() -> None:
    assert Lexicon().lineage("nothing") == ()


def test_an_empty_folder_gives_an_empty_lexicon(tmp_path: Path) -> None:
    assert read_lexicon(tmp_path) == Lexicon()


def test_a_file_without_its_column_is_refused(tmp_path: Path) -> None:
    _write(tmp_path, "kinds.tsv", "name\tbroader", "food\t")
    with pytest.raises(KeyError):
        read_lexicon(tmp_path)


def test_the_projects_own_lexicon_knows_a_lentil_for_food() -> None:
    lexicon = read_lexicon()
    kinds = {n.kind for n in lexicon.nouns if n.text == "lenteja"}
    assert any("food" in dict(lexicon.lineage(kind)) for kind in kinds)
