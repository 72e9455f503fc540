"""The lexicon's files agree with each other and with their format (data/lexicon/README.md). No product code is read."""

from __future__ import annotations

import csv
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "data" / "lexicon"
HEADERS = {
    "kinds.tsv": ["kind", "broader", "es", "en"],
    "nouns.tsv": ["lang", "noun", "kind", "region", "note"],
    "brands.tsv": ["brand", "kind"],
    "not_products.tsv": ["lang", "word", "reason"],
    "modifiers.tsv": ["lang", "word", "role"],
}
NOTES = {"", "brand-as-noun", "diminutive", "loan spelling", "irregular plural"}
REASONS = {"department", "banner", "promotion", "store", "code", "navigation"}
ROLES = {"size", "pack", "colour", "flavour", "quality", "state", "audience", "material"}
TILDE = "\u0303"  # ñ is a letter, not an n with an accent
COUNTRIES = "AR BO CL CO CR CU DO EC ES GT HN MX NI PA PE PR PY SV UY VE"

# noun -> a kind that its path must pass (itself or an ancestor) and one that it must not
HEAD_NOUNS = [
    ("pasta de dientes", "toothpaste", "food"),
    ("crema dental", "toothpaste", "food"),
    ("crema de leche", "cream", "personal_care"),
    ("puré de tomate", "tomato_sauce", "mash_mix"),
    ("caja de pollo", "chicken", "storage"),
    ("caramelos", "candy", "pastry"),
    ("leche condensada", "condensed_milk", "milk"),
    ("leche de coco", "plant_milk", "milk"),
    ("leche en polvo", "powdered_milk", "milk"),
    ("caldo de pollo", "broth", "chicken"),
    ("aceite de motor", "car_fluid", "food"),
    ("aceite de oliva", "olive_oil", "automotive"),
    ("jabón de baño", "bath_soap", "laundry"),
    ("jabón de lavar", "laundry_soap", "bath_soap"),
    ("jabón en polvo", "powder_detergent", "bath_soap"),
    ("papel aluminio", "food_wrap", "toilet_paper"),
    ("papel higiénico", "toilet_paper", "stationery"),
    ("papel toalla", "kitchen_paper", "stationery"),
    ("cepillo de dientes", "toothbrush", "hair_accessory"),
    ("cepillo de pelo", "hair_accessory", "oral_care"),
    ("agua oxigenada", "first_aid", "drink"),
    ("cable hdmi", "av_cable", "hardware"),
    ("cable eléctrico", "electrical", "electronics"),
    ("pila", "battery", "automotive"),
    ("batería", "battery", "automotive"),
    ("batería de cocina", "cookware", "electronics"),
    ("batería de auto", "car_part", "electronics"),
    ("champú", "shampoo", "food"),
    ("shampoo", "shampoo", "food"),
    ("frijol", "bean", "drink"),
    ("lenteja", "lentil", "drink"),
    ("cebolla", "vegetable", "drink"),
    ("guayaba", "fruit", "vegetable"),
    ("cemento", "building_material", "adhesive"),
    ("mortadela", "deli_meat", "drink"),
    ("mortadella", "deli_meat", "drink"),
    ("natilla", "dairy_dessert", "drink"),
    ("nutella", "spread", "drink"),
    ("lavadora", "washing_machine", "furniture"),
    ("maicena", "flour", "drink"),
    ("kleenex", "tissue", "stationery"),
    ("curita", "first_aid", "food"),
    ("gillette", "shaving", "food"),
    ("pampers", "diaper", "food"),
    ("celo", "office", "food"),
]


def rows(name: str) -> list[dict[str, str]]:
    with (FOLDER / name).open(encoding="utf-8", newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


KINDS = {row["kind"]: row for row in rows("kinds.tsv")}
NOUNS = rows("nouns.tsv")


def broader(kind: str) -> list[str]:
    return [parent for parent in KINDS[kind]["broader"].split("|") if parent]


def ancestors(kind: str) -> set[str]:
    found: set[str] = set()
    waiting = [kind]
    while waiting:
        current = waiting.pop()
        if current not in found:
            found.add(current)
            waiting += broader(current)
    return found


def plain(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c) or c == TILDE)


@pytest.mark.parametrize("name", HEADERS)
def test_every_line_has_the_header_s_cells_and_no_stray_whitespace(name: str) -> None:
    text = (FOLDER / name).read_bytes().decode("utf-8")
    lines = text.split("\n")
    assert lines[0].split("\t") == HEADERS[name]
    assert lines.pop() == ""
    for line in lines:
        assert line == unicodedata.normalize("NFC", line)
        assert line.strip(" \r") == line
        assert "  " not in line
        assert "\u00a0" not in line
        if not line.startswith("#"):
            assert len(line.split("\t")) == len(HEADERS[name]), line
            assert all(cell == cell.strip() == cell.lower() or name == "nouns.tsv" for cell in line.split("\t")), line


def test_every_kind_is_named_once_in_snake_case_and_labelled_in_both_languages() -> None:
    assert len(rows("kinds.tsv")) == len(KINDS)
    for kind, row in KINDS.items():
        assert kind.replace("_", "").isalpha()
        assert kind.islower()
        for lang in ("es", "en"):
            labels = row[lang].split("|")
            assert all(label and label == label.strip() for label in labels), kind
            assert len(set(labels)) == len(labels), (kind, lang)


def test_broader_kinds_exist_and_no_kind_is_its_own_ancestor() -> None:
    for kind in KINDS:
        assert set(broader(kind)) <= KINDS.keys(), kind
        for parent in broader(kind):
            assert kind not in ancestors(parent), kind


def test_every_kind_has_a_noun_or_a_narrower_kind() -> None:
    used = {row["kind"] for row in NOUNS} | {parent for kind in KINDS for parent in broader(kind)}
    assert used >= KINDS.keys()


def test_every_noun_is_lower_case_and_names_a_known_kind_language_region_and_note() -> None:
    for row in NOUNS:
        assert row["lang"] in {"es", "en"}, row
        assert row["noun"], row
        assert row["noun"] == row["noun"].strip() == row["noun"].lower(), row
        assert row["kind"] in KINDS, row
        assert set(row["region"].split("|")) - {""} <= set(COUNTRIES.split()), row
        assert row["note"] in NOTES, row


def test_no_noun_is_written_twice_for_one_kind_even_without_its_accents() -> None:
    counts = Counter((row["lang"], plain(row["noun"]), row["kind"]) for row in NOUNS)
    assert [key for key, count in counts.items() if count > 1] == []


def test_a_noun_with_two_kinds_is_listed_in_the_readme() -> None:
    kinds = defaultdict(set)
    for row in NOUNS:
        kinds[row["lang"], row["noun"]].add(row["kind"])
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for (_, noun), several in kinds.items():
        if len(several) > 1:
            assert f"- {noun}: {', '.join(sorted(several))}" in readme


def test_a_plural_has_the_kind_of_its_singular_because_the_engine_stems_both_to_one_word() -> None:
    kinds = defaultdict(set)
    for row in NOUNS:
        kinds[row["lang"], plain(row["noun"])].add(row["kind"])
    for (lang, noun), several in kinds.items():
        for ending in ("s", "es"):
            assert kinds.get((lang, noun + ending), several) == several, noun


def test_there_are_several_thousand_nouns_in_both_languages() -> None:
    counts = Counter(row["lang"] for row in NOUNS)
    assert counts["es"] >= 4000
    assert counts["en"] >= 1500
    assert 300 <= len(KINDS) <= 450


@pytest.mark.parametrize(("noun", "passes", "avoids"), HEAD_NOUNS)
def test_the_head_noun_s_sense_is_the_phrase_s(noun: str, passes: str, avoids: str) -> None:
    # a plural is found by stemming: here the simple -s is enough
    kinds = [row["kind"] for row in NOUNS if row["lang"] == "es" and row["noun"] in {noun, noun.removesuffix("s")}]
    assert len(kinds) == 1
    path = ancestors(kinds[0])
    assert passes in path
    assert avoids in KINDS
    assert avoids not in path


def test_every_brand_is_written_once_and_its_kind_is_known_or_empty() -> None:
    brands = rows("brands.tsv")
    assert len({row["brand"] for row in brands}) == len(brands)
    assert {row["kind"] for row in brands} <= KINDS.keys() | {""}


def test_no_brand_is_a_common_noun() -> None:
    common = {plain(row["noun"]) for row in NOUNS if row["note"] != "brand-as-noun"}
    assert [row["brand"] for row in rows("brands.tsv") if plain(row["brand"]) in common] == []


def test_no_word_that_is_not_a_product_is_also_a_noun() -> None:
    nouns = {(row["lang"], plain(row["noun"])) for row in NOUNS}
    words = rows("not_products.tsv")
    assert {row["reason"] for row in words} == REASONS
    assert [row["word"] for row in words if (row["lang"], plain(row["word"])) in nouns] == []
    assert len({(row["lang"], row["word"], row["reason"]) for row in words}) == len(words)


def test_every_modifier_has_a_known_role_and_is_written_once_for_it() -> None:
    words = rows("modifiers.tsv")
    assert {row["role"] for row in words} == ROLES
    assert len({(row["lang"], row["word"], row["role"]) for row in words}) == len(words)
    assert {row["lang"] for row in words} == {"es", "en"}
