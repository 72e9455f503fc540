"""Function words of Spanish and English, and words that say little about a product. All folded."""

from __future__ import annotations

PREPOSITIONS = {
    "de": "of", "del": "of", "of": "of", "para": "for", "for": "for", "pa": "for", "p": "for", "con": "with",
    "with": "with",
    "c": "with", "sin": "without", "s": "without", "without": "without", "en": "in", "in": "in", "sabor": "flavour",
    "al": "with", "a": "with", "by": "with", "contra": "for", "against": "for", "from": "of", "por": "for", "on": "in",
}  # fmt: skip
ARTICLES = frozenset((
    "el", "la", "los", "las", "lo", "un", "una", "unos", "the", "an", "my", "mi", "su", "y", "e", "o",
    "u", "and", "or", "ni", "no", "n", "i", "que", "q", "muy", "mas",
))  # fmt: skip
JOINERS = frozenset(("y", "e", "o", "u", "and", "or"))
SPANISH_HINTS = frozenset((
    "de", "del", "para", "con", "sin", "en", "el", "la", "los", "las", "un", "una", "y", "al", "sabor", "por",
))  # fmt: skip
ENGLISH_HINTS = frozenset((
    "of", "for", "with", "without", "in", "the", "and", "or", "from", "on",
))  # fmt: skip
# Words that many labels carry and that name no product by themselves.
GENERIC = frozenset((
    "otro", "otra", "otros", "otras", "demas", "vario", "varios", "varias", "diverso", "diversos", "diversas",
    "surtido", "general", "generales", "producto", "productos", "articulo", "articulos", "sustituto",
    "sustitutos", "derivado", "derivados", "relacionado", "relacionados", "similar", "similares", "etc",
    "other", "others", "misc", "miscellaneous", "product", "products", "item", "items", "assorted", "various",
    "substitutes", "substitute", "alternatives", "related", "supplies", "tipo", "tipos", "clase", "clases",
    "linea", "seccion", "departamento", "categoria", "all", "todo", "todos", "todas",
))  # fmt: skip
REST = frozenset((
    "otro", "otra", "otros", "otras", "demas", "resto", "other", "others", "varios", "varias", "misc",
    "miscellaneous",
))  # fmt: skip
# Keys of Spanish adjectives that tell what or whom a thing is for, not what it is like.
OF_USE = frozenset((
    "intimo", "infantil", "capilar", "facial", "corporal", "bucal", "dental", "femenino", "masculino", "escolar",
    "canino", "felino", "automotriz", "deportivo", "domestico",
))  # fmt: skip
CONTAINERS = frozenset((
    "caja", "cajita", "cajas", "paquete", "paquetes", "paq", "pqte", "botella", "botellas", "bot", "lata",
    "latas", "bolsa", "bolsas", "bolsita", "funda", "sobre", "sobres", "tarro", "pote", "bandeja", "frasco",
    "envase", "envases", "docena", "docenas", "media", "medio", "saco", "sacos", "tubo", "pack", "packs",
    "pomo", "porcion", "porciones", "trozo", "trozos", "pieza", "piezas", "rebanada", "rebanadas", "vaso",
    "tetra", "brik", "bidon", "garrafa", "barra", "barras", "unidad", "unidades", "kilo", "kilos", "libra",
    "libras", "litro", "litros", "par", "pares", "juego", "set", "kit", "combo", "oferta", "cubo", "galon",
    "malla", "atado", "manojo", "racimo", "box", "bag", "bottle", "can", "pack", "packet", "jar", "tin",
    "bags", "boxes", "bottles", "cans", "packs", "packets", "jars", "tins", "pouches", "tubs", "cartons", "pieces",
    "sachet", "sachets", "multipack", "multipacks", "cases", "pairs", "bunches", "portion", "portions",
    "dozen", "pouch", "tub", "carton", "bunch", "jug", "case", "piece", "slice", "slices", "pair",
    "molinillo", "grinder",
))  # fmt: skip
_WOMEN = ("mujer", "dama", "femenino", "women", "woman", "ladi")
_MEN = ("hombre", "caballero", "masculino", "men", "man")
# Keys of nouns that a taxonomy split by sex has on one side.
IMPLIED = dict.fromkeys(
    ("vestido", "blusa", "falda", "saya", "pollera", "brasier", "sosten", "sujetador", "ajustador", "blumer", "pantie",
     "tacon", "bikini", "dress", "skirt", "blouse", "bra"), _WOMEN,
) | dict.fromkeys(("corbata", "boxer", "calzoncillo", "guayabera", "necktie"), _MEN)  # fmt: skip
