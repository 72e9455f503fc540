"""The engine on taxonomies that it was not written for."""

from __future__ import annotations

import pytest

from classifier.engines.local import LocalEngine
from classifier.lexicon import Lexicon, read_lexicon
from classifier.outcomes import Verdict
from classifier.taxonomy import Concept, Taxonomy

LEXICON = read_lexicon()


def engine(labels: dict[str, str], language: str = "es", lexicon: Lexicon = LEXICON) -> LocalEngine:
    """Build an engine over "id": "label" pairs; an id's parent is the id without its last part after a dot."""
    concepts = {
        n: Concept(n, f"urn:{n}", {language: label}, broader=(n.rpartition(".")[0],) if "." in n else ())
        for n, label in labels.items()
    }
    return LocalEngine(Taxonomy("foreign", "urn:f", concepts), lexicon, language)


NUMERIC = engine({
    "100": "Lácteos y huevos", "200": "Arroz, pastas y granos", "300": "Carnes / Aves / Pescados",
    "400": "Frutas & Verduras",
    "500": "Aseo personal", "600": "Aseo del hogar", "700": "Bebidas", "800": "Panadería", "900": "Mascotas",
})  # fmt: skip
PATHS = engine({
    "a": "Limpieza > Lavado de ropa", "b": "Limpieza > Lavado de platos", "c": "Despensa > Aceites",
    "d": "Automotriz > Aceites y lubricantes",
    "e": "Bebés > Pañales", "f": "Mascotas > Perros", "g": "Mascotas > Gatos", "h": "Higiene > Cuidado del cabello",
})  # fmt: skip
ENGLISH = engine({
    "G": "Grocery", "G.1": "Milk & Cream", "G.2": "Rice, Pasta & Noodles", "G.3": "Beef & Lamb", "H": "Household",
    "H.1": "Laundry",
    "H.2": "Toilet Roll & Tissues", "B": "Beauty", "B.1": "Hair Care", "B.2": "Oral Care",
}, "en")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        ("leche entera", "100"), ("huevos", "100"), ("queso gouda", "100"), ("lentejas", "200"),
        ("espaguetis", "200"), ("pechuga de pollo", "300"),
        ("salmón", "300"), ("plátano", "400"), ("cebolla", "400"), ("champú", "500"), ("pasta de dientes", "500"),
        ("cloro", "600"),
        ("refresco de cola", "700"), ("baguette", "800"), ("comida para perros", "900"),
    ],
)  # fmt: skip
def test_spanish_lists_of_things_without_alt_labels(text: str, notation: str) -> None:
    assert NUMERIC.candidates(text, 1)[0].notation == notation


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        ("detergente en polvo", "a"), ("suavizante de telas", "a"), ("aceite de oliva", "c"),
        ("aceite de motor", "d"), ("pañales talla 4", "e"),
        ("croquetas para perro", "f"), ("arena para gatos", "g"), ("champú anticaspa", "h"),
    ],
)  # fmt: skip
def test_labels_that_are_paths(text: str, notation: str) -> None:
    assert PATHS.candidates(text, 1)[0].notation == notation


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        ("semi skimmed milk", "G.1"), ("spaghetti", "G.2"), ("basmati rice", "G.2"), ("sirloin steak", "G.3"),
        ("fabric softener", "H.1"),
        ("toilet paper", "H.2"), ("shampoo", "B.1"), ("toothpaste", "B.2"),
    ],
)  # fmt: skip
def test_english_only(text: str, notation: str) -> None:
    assert ENGLISH.candidates(text, 1)[0].notation == notation


def test_a_spanish_product_finds_its_place_in_an_english_taxonomy() -> None:
    assert ENGLISH.candidates("pasta de dientes", 1)[0].notation == "B.2"


def test_a_taxonomy_without_concepts_leaves_everything_unsure() -> None:
    empty = engine({})
    assert empty.predict(["leche"])[0].verdict is Verdict.UNSURE
    assert empty.candidates("leche") == ()


def test_a_concept_without_labels_goes_by_its_notation() -> None:
    bare = LocalEngine(Taxonomy("t", "u", {"queso": Concept("queso", "urn:q", {})}), LEXICON)
    assert bare.predict(["queso"])[0].notation == "queso"


def test_labels_alone_work_without_a_lexicon() -> None:
    bare = engine({"1": "Leche", "2": "Pan"}, lexicon=Lexicon())
    assert bare.predict(["leche entera"])[0].notation == "1"


def test_a_label_of_marks_only_does_no_harm() -> None:
    odd = engine({"1": "???", "2": "Pan", "3": "   "})
    assert odd.predict(["pan"])[0].notation == "2"


STATES = engine({
    "A": "Fruta y verdura", "A.1": "Verdura", "B": "Congelados", "B.1": "Verdura", "B.2": "Pescado", "B.3": "Helados",
    "C": "Pescadería", "C.1": "Pescado fresco", "C.2": "Pescado fresco y congelado a granel", "D": "Conservas",
    "D.1": "Tomate",
})  # fmt: skip
LISTS = engine({
    "F": "frozen", "F.1": "ice cream ice", "F.2": "frozen dessert", "D": "dry goods", "D.1": "grains rice dried goods",
    "D.2": "soup broth bouillon", "D.3": "potato chips", "P": "pantry", "P.1": "condiments",
}, "en")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        ("coliflor", "A.1"), ("migas de coliflor ultracongeladas", "B.1"), ("merluza", "C.1"),
        ("merluza congelada", "B.2"), ("helado de vainilla", "B.3"),
    ],
)  # fmt: skip
def test_frozen_and_canned_goods_go_to_their_own_shelves_and_the_others_stay_away(text: str, notation: str) -> None:
    assert STATES.candidates(text, 1)[0].notation == notation


@pytest.mark.parametrize(("text", "notation"), [("pistachio ice cream", "F.1"), ("calrose rice", "D.1"),
                                                ("chicken broth", "D.2"), ("potato chips", "D.3")])  # fmt: skip
def test_an_english_label_that_lists_things_without_commas_names_each(text: str, notation: str) -> None:
    assert LISTS.candidates(text, 1)[0].notation == notation


def test_a_word_of_page_keys_is_no_banner_inside_a_products_name() -> None:
    assert NUMERIC.predict(["leche para lactantes Hero desde el primer día"])[0].verdict is not Verdict.NOT_A_PRODUCT
    assert ENGLISH.predict(["pretzel slider buns"])[0].verdict is not Verdict.NOT_A_PRODUCT
    assert NUMERIC.predict(["hero_home"])[0].verdict is Verdict.NOT_A_PRODUCT


def test_salt_is_no_sale_where_no_label_says_salt() -> None:
    shop = engine({"1": "Especias y condimentos", "2": "Bebidas"})
    assert shop.predict(["sal"])[0].notation == "1"


AISLES = engine({
    "1": "hot dogs bacon sausage", "2": "dog food care", "3": "fresh dips tapenades", "4": "packaged poultry",
    "5": "fresh fruits", "6": "packaged vegetables fruits", "7": "oral hygiene", "8": "mint gum", "9": "paper goods",
    "10": "buns rolls", "11": "pasta sauce", "12": "oils vinegars",
}, "en")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        ("large dog treats", "2"), ("ground turkey breast", "4"), ("banana", "5"), ("hummus", "3"),
        ("whitening toothpaste - mint blast", "7"), ("bath tissue rolls", "9"),
        ("olive oil, basil, & garlic pasta sauce", "11"),
    ],
)  # fmt: skip
def test_aisles_whose_names_are_lists_without_commas(text: str, notation: str) -> None:
    assert AISLES.candidates(text, 1)[0].notation == notation


BARE = engine({
    "5": "Patatas fritas y snacks", "6": "Verdura", "7": "Galletas saladas", "8": "Refrescos", "9": "Pinturas",
    "10": "Esmaltes y cuidado de uñas", "11": "Palomitas de maíz",
})  # fmt: skip


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        ("patatas fritas", "5"),
        ("galleticas de soda", "7"), ("pintura de uñas", "10"), ("rositas de maíz", "11"),
    ],
)  # fmt: skip
def test_what_a_phrase_is_counts_more_than_the_word_that_leads_it(text: str, notation: str) -> None:
    assert BARE.candidates(text, 1)[0].notation == notation


TWINS = {
    "toilet paper": (
        "papel higiénico", "papel higienico", "PAPEL HIGIENICO", "papeles higiénicos", "papel_higienico",
        "papel de baño", "papel sanitario", "papel toalet", "papel tualet", "papel toilette", "papel igienico",
        "papel para baño",
    ),
    "shampoo": (
        "champú", "champu", "shampoo", "shampú", "champús", "champoo", "champú para el cabello", "champu_anticaspa",
    ),
    "soap": (
        "jabón de baño", "jabon de baño", "jabones de baño", "jabón de tocador", "jabón", "jabon", "jabones", "javon",
        "JABÓN", "jabon en barra",
    ),
    "toothpaste": (
        "pasta de dientes", "pastas de dientes", "pasta dental", "crema dental", "cremas dentales", "dentífrico",
        "dentrifico", "Pasta_de_dientes", "pasta para los dientes",
    ),
}  # fmt: skip
BARE_SPANISH = engine({
    "H": "Higiene y belleza", "H.1": "Papel higiénico", "H.2": "Champú", "H.3": "Jabón de baño",
    "H.4": "Pasta de dientes",
    "H.5": "Hilo dental y prótesis", "H.6": "Jabón y gel íntimo", "H.7": "Pañuelos de papel", "O": "Oficina",
    "O.1": "Cuadernos, papel y sobres", "O.2": "Lápices y bolígrafos", "A": "Alimentos", "A.1": "Pastas",
    "A.2": "Crema de leche",
})  # fmt: skip
BARE_ENGLISH = engine({
    "H": "Hygiene", "H.1": "Toilet paper", "H.2": "Shampoo", "H.3": "Bath soap", "H.4": "Toothpaste",
    "H.5": "Dental floss", "O": "Office", "O.1": "Notebooks, paper and envelopes", "A": "Food", "A.1": "Pasta",
})  # fmt: skip
BROAD = engine({
    "H": "Aseo", "H.1": "Papel y desechables", "H.2": "Cuidado del cabello", "H.3": "Jabones", "H.4": "Cuidado bucal",
    "O": "Librería", "O.1": "Cuadernos", "O.2": "Papel para impresora", "A": "Alimentos", "A.1": "Pastas",
    "A.2": "Cremas",
})  # fmt: skip


@pytest.mark.parametrize("taxonomy", [BARE_SPANISH, BARE_ENGLISH, BROAD], ids=["spanish", "english", "broad"])
@pytest.mark.parametrize(("place", "what"), list(enumerate(TWINS, start=1)))
def test_spelling_twins_and_synonyms_land_where_they_belong(taxonomy: LocalEngine, place: int, what: str) -> None:
    found = {text: taxonomy.candidates(text, 1)[0].notation for text in TWINS[what]}
    assert found == dict.fromkeys(TWINS[what], f"H.{place}")


def test_the_other_parts_of_a_label_settle_which_sense_a_word_has() -> None:
    shelves = engine({
        "T": "Tienda", "T.1": "Cuadernos, papel y sobres", "T.2": "Papel, servilletas y pañuelos",
        "T.3": "Herramientas",
    })  # fmt: skip
    found = {text: shelves.candidates(text, 1)[0].notation for text in ("rollo de cocina", "papel bond", "cartulina")}
    assert found == {"rollo de cocina": "T.2", "papel bond": "T.1", "cartulina": "T.1"}


def test_an_adjective_of_use_behind_a_list_belongs_to_all_that_it_lists() -> None:
    shelves = engine({"Y.1": "Yogures y postres infantiles", "Y.2": "Yogures naturales y de sabores", "Y": "Lácteos"})
    assert shelves.candidates("yogur de fresa", 1)[0].notation == "Y.2"


US_AISLES = engine({
    "a": "hot cereal pancake mixes", "b": "cereal", "c": "salad dressing toppings", "d": "condiments",
    "e": "energy granola bars", "f": "nuts seeds dried fruit", "g": "soy lactosefree", "h": "milk", "i": "red wines",
    "j": "white wines", "k": "frozen meals", "l": "prepared meals", "m": "baby food formula", "n": "fresh vegetables",
    "o": "canned jarred vegetables", "p": "pasta sauce", "q": "preserved dips spreads", "r": "spreads",
}, "en")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "notation"),
    [
        ("Apple Cinnamon Instant Oatmeal", "a"), ("Buttermilk Pancake Mix", "a"), ("Corn Flakes", "b"),
        ("Organic Ranch Dressing", "c"), ("Yellow Mustard", "d"), ("Peanut Butter Protein Bar", "e"),
        ("Unsweetened Vanilla Almondmilk", "g"), ("Reserve Merlot", "i"), ("Sauvignon Blanc", "j"),
        ("Beef Lasagna", "k"), ("Organic Baby Carrots", "n"), ("Diced Tomatoes", "o"), ("Basil Pesto", "p"),
        ("Hummus", "q"),
    ],
)  # fmt: skip
def test_english_aisles_hold_what_shops_put_there(text: str, notation: str) -> None:
    assert US_AISLES.candidates(text, 1)[0].notation == notation
