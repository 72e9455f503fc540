"""Products as analysts have them: any common file in, products and honest problems out."""

from classifier.errors import NoProducts, UnreadableFile
from classifier.products.mapping import FieldMapping, guess_mapping
from classifier.products.parsing import parse
from classifier.products.product import JSON, Limits, Problem, Product, Severity

__all__ = [
    "JSON",
    "FieldMapping",
    "Limits",
    "NoProducts",
    "Problem",
    "Product",
    "Severity",
    "UnreadableFile",
    "guess_mapping",
    "parse",
]
