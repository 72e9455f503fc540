from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from classifier import taxonomies
from classifier.bootstrap import Services, build
from classifier.engines.local.calibration import BUILT_IN
from classifier.examples import Example
from classifier.expectations import expectations
from classifier.jobs import Refused, Submission, make_spec
from classifier.settings import Settings
from storage import NewItem, NewJob


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    made = build(Settings.from_env({"ANAQUEL_HOME": str(tmp_path)}))
    yield made
    made.store.close()


def test_without_examples_the_figures_are_the_development_sets_own(services: Services) -> None:
    found = expectations(services, taxonomies.ensure_built_in(services))
    assert (found.learned, found.is_measured_here, found.thresholds) == (None, False, BUILT_IN)
    assert found.at(0.31).threshold == 0.3


def test_expected_labels_are_learned_from_only_when_asked(services: Services) -> None:
    taxonomy_id = taxonomies.ensure_built_in(services)
    leaves = list(services.builder.taxonomy(taxonomy_id).concepts)[:60]
    job = NewJob("job", "n", taxonomy_id, "local", {})
    services.store.create_job(job, "a")
    services.store.append_items("job", [NewItem(i, f"cosa {i}", f"cosa {i}", expected=n) for i, n in enumerate(leaves)])
    services.store.open_job("job", {}, "a")
    assert expectations(services, taxonomy_id).n_expected == 0
    found = expectations(services, taxonomy_id, learn_expected=True)
    assert (found.n_reviewed, found.n_expected) == (0, 60)
    assert found.learned is not None
    assert found.learned.n_examples == 60
    assert expectations(services, taxonomy_id, learn=False, learn_expected=True).n_expected == 0


def test_the_same_examples_are_learned_from_once(services: Services) -> None:
    taxonomy_id = taxonomies.ensure_built_in(services)
    examples = tuple(Example(f"leche {i}", "0105") for i in range(3))
    assert services.builder.taught(taxonomy_id, "es", examples) is services.builder.taught(taxonomy_id, "es", examples)


@pytest.mark.parametrize("options", [{"threshold": 1.5}, {"threshold": "high"}, {"learn": "yes"}])
def test_settings_out_of_their_range_are_refused_with_a_sentence(
    services: Services, options: dict[str, object]
) -> None:
    with pytest.raises(Refused):
        make_spec(services, Submission("n", taxonomies.ensure_built_in(services), "local", options=options))
