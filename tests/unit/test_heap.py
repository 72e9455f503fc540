"""What modules brought is walked by the collector once, not for ever."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from types import ModuleType

import pytest

from classifier import heap


@pytest.fixture
def module() -> Iterator[ModuleType]:
    made = sys.modules["a_module_of_the_test"] = ModuleType("a_module_of_the_test")
    yield made
    del sys.modules["a_module_of_the_test"]
    gc.unfreeze()


def test_what_a_new_module_brought_is_left_alone_by_the_collector(module: ModuleType) -> None:
    module.things = [[] for _ in range(1_000)]
    assert any(thing is module.things for thing in gc.get_objects())
    heap.spare_modules()
    assert not any(thing is module.things for thing in gc.get_objects())


def test_where_no_module_is_new_nothing_is_walked_and_nothing_more_is_spared() -> None:
    heap.spare_modules()
    n_spared, later = gc.get_freeze_count(), [[] for _ in range(1_000)]
    heap.spare_modules()
    assert gc.get_freeze_count() <= n_spared
    assert any(thing is later for thing in gc.get_objects())
    gc.unfreeze()
