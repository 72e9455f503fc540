"""A job as one portable .zip: another installation imports it and shows the same job. No key is ever in it."""

from classifier.bundle.archive import BadBundle
from classifier.bundle.loading import load_bundle
from classifier.bundle.writing import stream_bundle

__all__ = ["BadBundle", "load_bundle", "stream_bundle"]
