"""A stronger model that the key's own list does not have is refused before a job starts, not after hours."""

from __future__ import annotations

import asyncio

from classifier.build import ContextBuilder, KeyMissing
from classifier.errors import ClassifierError
from classifier.spec import Spec


class NoSuchModel(ClassifierError):
    """The service says that it does not have a model."""


def refuse_unknown(builder: ContextBuilder, spec: Spec) -> None:
    """Look a job's stronger model up in the list of the service; raises NoSuchModel.

    Without a key here, or a list that can be trusted, the job finds out by itself.
    """
    stronger = spec.options.get("stronger_model")
    if not stronger:
        return
    from classifier.engines.openai_models import is_absent  # takes the openai client along

    try:
        credentials = builder.credentials(spec.base_url)
    except KeyMissing:
        return
    if asyncio.run(is_absent(credentials, stronger, str(spec.options.get("model")))):
        raise NoSuchModel(
            f"The stronger model {stronger!r} is not among the models that this key may use: choose one of them, or "
            "none. The test of the connection lists them."
        )
