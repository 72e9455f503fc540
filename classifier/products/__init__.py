"""Products as analysts have them: any common file in, products and honest problems out."""

from classifier.errors import BrokenSyntax, NoProducts, UnreadableFile
from classifier.products.import_report import ImportReport
from classifier.products.mapping import FieldMapping, guess_mapping
from classifier.products.parsing import parse
from classifier.products.preview import Preview, preview
from classifier.products.product import JSON, Limits, Problem, Product, Severity

__all__ = [
    "JSON",
    "BrokenSyntax",
    "FieldMapping",
    "ImportReport",
    "Limits",
    "NoProducts",
    "Preview",
    "Problem",
    "Product",
    "Severity",
    "UnreadableFile",
    "guess_mapping",
    "parse",
    "preview",
]
