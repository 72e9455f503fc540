"""Taxonomies without SKOS: tables, paths, indented lines, JSON lists and trees."""

from __future__ import annotations

import io
import json

import openpyxl  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifier.products.field_names import plain
from classifier.taxonomy import Taxonomy
from classifier.taxonomy_import import CheckReport, UnreadableFile, read_taxonomy
from classifier.taxonomy_import.flat_columns import NAMES as FIELDS


def read(source: str | bytes) -> tuple[Taxonomy, CheckReport]:
    return read_taxonomy(source.encode() if isinstance(source, str) else source, "mi taxonomía.txt")


def paths(taxonomy: Taxonomy) -> dict[str, str]:
    return {notation: taxonomy.path_label(notation, separator=" > ") for notation in taxonomy.concepts}


def test_google_s_text_gives_ids_and_paths() -> None:
    taxonomy, report = read(
        "# Google_Product_Taxonomy_Version: 2021-09-21\n1 - Animals & Pet Supplies\n"
        "3237 - Animals & Pet Supplies > Live Animals\n5 - Food > Dairy - fresh > Milk\n"
    )
    assert paths(taxonomy) == {
        "1": "Animals & Pet Supplies",
        "3237": "Animals & Pet Supplies > Live Animals",
        "Food": "Food",
        "Dairy - fresh": "Food > Dairy - fresh",
        "5": "Food > Dairy - fresh > Milk",
    }
    assert (taxonomy.name, report.n_top, report.depth, report.mended["made_parents"]) == ("mi taxonomía", 2, 3, 2)


@pytest.mark.parametrize(
    "source",
    [
        "Comida\nComida > Leche\nComida > Leche > Entera\nHogar\n",
        "Comida › Leche › Entera\nHogar › \n",
        "Comida\n  Leche\n    Entera\nHogar\n",
        "Comida\n\tLeche\n\t\tEntera\nHogar\n",
        "- Comida\n  - Leche\n    - Entera\n- Hogar\n",
        "id;nombre;padre\n1;Comida;\n2;Leche;1\n3;Entera;2\n4;Hogar;0\n",
        "nombre,categoría padre\nComida,\nLeche,Comida\nEntera,Leche\nHogar,\n",
        "id,ruta\n1,Comida > Leche > Entera\n2,Hogar\n",
        "Nivel 1,Nivel 2,Nivel 3\nComida,Leche,Entera\nHogar,,\n",
        '[{"id":1,"name":"Comida"},{"id":2,"name":"Leche","parent":1},{"id":3,"name":"Entera","parent":2},'
        '{"id":4,"name":"Hogar"}]',
        '{"version":2,"categories":[{"id":1,"path":["Comida","Leche","Entera"]},{"id":2,"path":["Hogar"]}]}',
        '[{"name":"Comida","children":[{"name":"Leche","children":[{"name":"Entera"}]}]},{"name":"Hogar"}]',
        '{"Comida":{"Leche":{"Entera":{}}},"Hogar":{}}',
        '{"Comida":{"Leche":["Entera"]},"Hogar":[]}',
        '{"data":{"categories":[{"id":1,"name":"Comida"},{"id":2,"name":"Leche","parent_id":1},'
        '{"id":3,"name":"Entera","parent_id":2},{"id":4,"name":"Hogar"}]}}',
        '{"id":1,"name":"Comida"}\n{"id":2,"name":"Leche","parent":1}\n{"id":3,"name":"Entera","parent":2}\n'
        '{"id":4,"name":"Hogar"}\n',
        "Comida/Leche/Entera\nComida/Leche\nHogar\n",
        "Comida | Leche | Entera\nComida | Leche\nHogar\n",
        "Comida -> Leche -> Entera\nHogar\n",
        "Comida>Leche>Entera\nComida\nHogar\n",
        '"Comida > Leche > Entera"\n"Hogar"\n',
        "ruta\nComida > Leche > Entera\nHogar\n",
        "1. Comida\n1.1 Leche\n1.1.1 Entera\n2. Hogar\n",
        "# Comida\n## Leche\n### Entera\n# Hogar\n",
        "Comida:\n  Leche:\n    - Entera\nHogar:\n",
        "Comida:\n- Leche:\n    - Entera\nHogar:\n",
        "Sección;Familia;Subfamilia\nComida;Leche;Entera\nHogar;;\n",
        "Categoría\tSubcategoría\tGrupo\nComida\tLeche\tEntera\nComida\t\t\nHogar\t\t\n",
        "L1,L2,L3\nComida,,\n,Leche,\n,,Entera\nHogar,,\n",
        "codigo,nombre\n01,Comida\n0101,Leche\n010101,Entera\n02,Hogar\n",
        "codigo,nombre\n10000000,Comida\n10100000,Leche\n10101500,Entera\n20000000,Hogar\n",
        "code,name\n1,Comida\n1.1,Leche\n1.1.1,Entera\n2,Hogar\n",
        "id,categoria\n1,Comida/Leche/Entera\n2,Comida/Leche\n3,Hogar\n",
        "id,name,path\n1,Entera,Comida > Leche\n2,Leche,Comida\n3,Hogar,\n",
        "ID;Bezeichnung;Übergeordnet\n1;Comida;\n2;Leche;1\n3;Entera;2\n4;Hogar;\n",
        "1,Comida,\n2,Leche,1\n3,Entera,2\n4,Hogar,\n",
        "1,Comida > Leche > Entera\n2,Comida > Leche\n3,Hogar\n",
        "Comida;Leche;Entera\nComida;Leche;\nHogar;;\n",
    ],
)
def test_every_flat_shape_gives_the_same_tree(source: str) -> None:
    taxonomy, report = read(source)
    found = {path.casefold() for path in paths(taxonomy).values()}
    assert found == {"comida", "comida > leche", "comida > leche > entera", "hogar"}
    assert (report.n_concepts, report.n_top, report.depth) == (4, 2, 3)


@pytest.mark.parametrize("source", ["Leche\nBebidas, zumos\nPan\n", '["Leche","Bebidas, zumos","Pan"]'])
def test_a_list_of_names_is_a_flat_taxonomy(source: str) -> None:
    taxonomy, report = read(source)
    assert list(taxonomy.concepts) == ["Leche", "Bebidas, zumos", "Pan"]
    assert report.mended["no_notation"] == 3


def test_a_workbook_with_typed_cells_is_read() -> None:
    book = openpyxl.Workbook()
    for row in (
        ["Código", "Categoría", "Código padre", "Sinónimos"],
        [1, "Comida", None, None],
        [2, "Leche", 1, "lácteo; milk"],
    ):
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    taxonomy, _ = read(out.getvalue())
    assert paths(taxonomy) == {"1": "Comida", "2": "Comida > Leche"}
    assert taxonomy.concepts["2"].alt_labels == {"": ("lácteo", "milk")}


def test_merged_cells_of_a_workbook_stand_for_every_row_that_they_cover() -> None:
    book = openpyxl.Workbook()
    for row in (["Departamento", "Categoría"], ["Comida", "Leche"], [None, "Pan"], ["Hogar", "Baño"]):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    out = io.BytesIO()
    book.save(out)
    taxonomy, report = read(out.getvalue())
    assert paths(taxonomy) == {
        "Comida": "Comida", "Leche": "Comida > Leche", "Pan": "Comida > Pan", "Hogar": "Hogar", "Baño": "Hogar > Baño",
    }  # fmt: skip
    assert report.mended["merged_cells"] == 1


def test_each_level_keeps_the_code_of_its_own_column() -> None:
    taxonomy, _ = read(
        "IdDepartamento;NombreDepartamento;IdCategoria;NombreCategoria\n1;Comida;11;Leche\n1;Comida;12;Pan\n2;Hogar;21;Baño\n"
    )
    assert paths(taxonomy) == {
        "1": "Comida", "11": "Comida > Leche", "12": "Comida > Pan", "2": "Hogar", "21": "Hogar > Baño",
    }  # fmt: skip


def test_an_id_is_no_label_in_indonesian() -> None:
    taxonomy, report = read("category_id,category_name,parent_id\n1,Comida,\n2,Leche,1\n")
    assert (paths(taxonomy), dict(report.languages)) == ({"1": "Comida", "2": "Comida > Leche"}, {"": 2})


@pytest.mark.parametrize("start", ["1", "000001", "1000", "100000"])
def test_numbers_one_after_the_other_are_no_levels(start: str) -> None:
    rows = "".join(f"{int(start) + n:0{len(start)}d},Categoría {n}\n" for n in range(250))
    assert read(f"id,nombre\n{rows}")[1].n_top == 250


def test_names_that_hold_a_slash_or_a_comma_are_no_paths() -> None:
    taxonomy, _ = read("Café/té\nFrutas, verduras y hortalizas\nTV/Audio\nPan, bollería y pastelería\n")
    assert list(taxonomy.concepts) == [
        "Café/té",
        "Frutas, verduras y hortalizas",
        "TV/Audio",
        "Pan, bollería y pastelería",
    ]


def test_a_first_line_that_names_the_column_is_no_category_and_is_told() -> None:
    taxonomy, report = read("categoría\nLácteos\nCarnes\n")
    assert (list(taxonomy.concepts), report.mended["header_line"]) == (["Lácteos", "Carnes"], 1)


def test_codes_with_their_names_are_read_from_one_object() -> None:
    assert paths(read('{"L1":"Lácteos","L2":"Carnes"}')[0]) == {"L1": "Lácteos", "L2": "Carnes"}


@pytest.mark.parametrize(
    "source",
    [
        "id,es,en\n1,Leche,Milk\n",
        "código,nombre (español),nombre (inglés)\n1,Leche,Milk\n",
        '[{"id":"1","labels":{"es":"Leche","en":"Milk"}}]',
        '{"concepts":[{"notation":"1","prefLabel":{"es":"Leche","en":"Milk"}}]}',
    ],
)
def test_languages_are_understood_however_they_are_called(source: str) -> None:
    assert read(source)[0].concepts["1"].pref_labels == {"es": "Leche", "en": "Milk"}


def test_labels_in_several_languages_are_told_apart() -> None:
    taxonomy, report = read("code,label_es,label_en,parent_code\nA,Comida,Food,\nB,Leche,Milk,A\n")
    assert taxonomy.concepts["B"].pref_labels == {"es": "Leche", "en": "Milk"}
    assert dict(report.languages) == {"es": 2, "en": 2}


def test_faults_of_a_table_are_mended_aloud() -> None:
    taxonomy, report = read("id,name,parent\na,A,b\nb,B,a\nb,B2,\nc,C,nowhere\n,,\n")
    assert list(taxonomy.concepts) == ["a", "b", "b-2", "c"]
    assert {"cycles", "duplicate_notations", "unknown_broader"} <= set(report.mended)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ('[{"text":"arroz","price":1}]', "No field of the file looks like a category's name"),
        ("text,price\narroz,3\n", "No field of the file"),
        ("id,producto,precio\n1,Leche entera 1 l,1.20\n2,Pan,2.30\n", "'precio' is of a list of products"),
        ('{"error":"not found","status":404}', "holds no list and no tree of categories"),
        ('{"message":"Unauthorized","detail":"no key"}', "holds no list and no tree of categories"),
        ("[]", "names no category"),
        ("{}", "names no category"),
        ("[1,", "not valid JSON"),
        ("import os;\nx={}\n", "no taxonomy"),
        ('{"a":' * 100 + "1" + "}" * 100, "deeper than 60"),
    ],
)
def test_what_names_no_categories_is_refused(source: str, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        read(source)


NAMES = st.text(st.characters(categories=("Lu", "Ll")), min_size=2, max_size=8)
TREES = st.recursive(st.just({}), lambda inner: st.dictionaries(NAMES, inner, min_size=1, max_size=3), max_leaves=8)


def lines_of(tree: dict[str, object], above: tuple[str, ...] = ()) -> list[str]:
    found: list[str] = []
    for name, inner in tree.items():
        found.append(" > ".join((*above, name)))
        found += lines_of(inner, (*above, name))  # type: ignore[arg-type]
    return found


@given(TREES.filter(lambda tree: len(tree) > 1 and plain(next(iter(tree))) not in FIELDS["label"]))
def test_a_tree_is_the_same_by_keys_paths_and_indents(tree: dict[str, object]) -> None:
    lines = lines_of(tree)
    indented = "\n".join("  " * line.count(" > ") + line.rsplit(" > ", 1)[-1] for line in lines)
    wanted = sorted(lines)
    for source in (json.dumps({"x": 1, "categories": [{"path": line} for line in lines]}), indented):
        assert sorted(paths(read(source)[0]).values()) == wanted


@given(st.binary(max_size=200) | st.text(alphabet='abc >;,\n\t-#[]{}":1', max_size=120).map(str.encode))
def test_no_bytes_do_more_than_raise_one_sentence(raw: bytes) -> None:
    try:
        taxonomy, report = read(raw)
    except UnreadableFile as error:
        assert str(error).endswith(".")  # noqa: PT017  # not raising is right too
    else:
        assert len(taxonomy.concepts) == report.n_concepts > 0
        assert all(taxonomy.level(notation) for notation in taxonomy.concepts)
