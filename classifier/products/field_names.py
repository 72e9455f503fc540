"""What retail exports call their fields: names of texts, ids, categories and languages, and how people shorten them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

# Normalised names (see `plain`), best first. Spanish and English as retail exports really call them.
_TEXT = """
    text texto search_text search_term termino_de_busqueda query consulta busqueda termino term product_text
    product_name nombre_producto nombre_del_producto nombre_articulo item_name item_description producto product
    articulo item name nombre product_title title titulo denominacion descripcion_producto descripcion_articulo
    product_description descripcion_corta short_description descripcion description designation desc keyword
    palabra_clave search frase phrase label_text value texto_breve_de_material texto_breve consultas_principales
    top_queries consultas queries descripcion_larga long_description descripcion_del_producto descripcion_del_articulo
    nombre_del_articulo nombre_comercial publicacion_titulo display_name product_display_name producto_nombre
    articulo_nombre nombre_articulo descripcion_larga nome_do_produto nome_produto produto nome descricao_do_produto
    descricao_produto descricao titulo_do_produto glosa detalle_producto
"""
_ID = """
    product_id id_producto producto_id productid item_id id_articulo articulo_id sku codigo_producto
    cod_producto codigo_articulo product_code item_code id codigo code cod ean ean13 gtin upc barcode
    codigo_de_barras codigo_barras plu referencia reference ref asin uid uuid key clave _id
    variant_sku seller_sku numero_de_publicacion material handle codigo_del_producto codigo_del_articulo numero_articulo
    num_articulo numero_de_articulo identificador codigo_ean codigo_do_produto codigo_produto codigo_interno
    numero_producto numero_item item_numero producto_numero item_number product_number part_number numero_parte
"""
_EXPECTED = """
    expected expected_notation expected_category expected_label esperado esperada categoria_esperada reviewed
    correct correcto correct_category categoria_correcta gold truth ground_truth notation notacion concept
    concept_id category_id categoria_id id_categoria category categoria categoria_producto
    product_category category_path category_name nombre_categoria categories categorias clase class label
    etiqueta target subfamilia familia family subcategory subcategoria taxonomy subrubro rubro estante shelf anaquel
    seccion secao sector concepto
"""
_FILLER = """
    de del la el los las the of do da web online interno interna internal tienda shop bueno buena good right comercial
    completo completa full largo larga corto corta actual nuevo nueva new propio sap erp y and es en
"""
TEXT_NAMES, ID_NAMES, EXPECTED_NAMES = _TEXT.split(), _ID.split(), _EXPECTED.split()
LANGUAGE_NAMES = ("language", "idioma", "lang", "lengua", "locale")
KNOWN = frozenset((*TEXT_NAMES, *ID_NAMES, *EXPECTED_NAMES, *LANGUAGE_NAMES))
_FILLERS = frozenset(_FILLER.split())
# People write: Cód. barras; Nº artículo; Desc. del producto (web); SKU interno; Estante bueno
_SHORT = {
    "cod": "codigo", "cve": "clave", "desc": "descripcion", "descr": "descripcion", "descrip": "descripcion",
    "art": "articulo", "prod": "producto", "nro": "numero", "num": "numero", "no": "numero", "n": "numero",
    "nom": "nombre", "denom": "denominacion", "cat": "categoria", "categ": "categoria", "subcat": "subcategoria",
    "fam": "familia", "subfam": "subfamilia", "sec": "seccion", "secc": "seccion", "ref": "referencia",
}  # fmt: skip
_OTHER = 500  # ranks of names that had to be read with a little sense stand behind all that are known as they are


def plain(name: str) -> str:
    """Give a field's name without accents, case and punctuation: "Código del Artículo" -> "codigo_del_articulo"."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip())
    bare = "".join(c for c in unicodedata.normalize("NFKD", apart) if not unicodedata.combining(c))
    return re.sub(r"[^a-z0-9]+", "_", bare.lower()).strip("_") or name


@lru_cache(maxsize=4096)
def in_full(name: str) -> str:
    """Give a plain name without abbreviations and words that say little: "Desc. del art." -> "descripcion_articulo"."""
    words = [_SHORT.get(word, word) for word in plain(name).split("_") if word not in _FILLERS]
    return "_".join(words)


def is_known(name: str) -> bool:
    """Tell whether a name is one of a text, id, category or language."""
    return plain(name) in KNOWN or in_full(name) in KNOWN or _is_path(name)


def ranked(name: str, names: Sequence[str]) -> int | None:
    """Return how well a field's name fits, 0 best, None when it is none of the names."""
    whole = plain(name)
    if whole in names:
        return names.index(whole)
    if (full := in_full(name)) in names:
        return _OTHER + names.index(full)
    return _OTHER + len(names) if names is EXPECTED_NAMES and _is_path(name) else None


def _is_path(name: str) -> bool:
    """Tell "Sección/Familia/Subfamilia": levels of a category in one field."""
    words = plain(name).split("_")
    return len(words) > 1 and all(_SHORT.get(word, word) in EXPECTED_NAMES for word in words)
