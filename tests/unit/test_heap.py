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
    heap.spare_modules()
    names = [f"a_module_of_the_test_{n}" for n in range(heap.MANY)]
    made = [ModuleType(name) for name in names]
    sys.modules |= zip(names, made, strict=True)
    yield made[0]
    for name in names:
        del sys.modules[name]
    gc.unfreeze()


def test_what_many_new_modules_brought_is_left_alone_by_the_collector(module: ModuleType) -> None:
    module.things = [[] for _ in range(1_000)]  # type: ignore[attr-defined]
    assert any(thing is module.things for thing in gc.get_objects())
    heap.spare_modules()
    assert not any(thing is module.things for thing in gc.get_objects())


def test_where_few_modules_are_new_nothing_is_walked_and_nothing_more_is_spared() -> None:
    heap.spare_modules()
    n_spared = gc.get_freeze_count()
    later: list[list[int]] = [[] for _ in range(1_000)]
    heap.spare_modules()
    assert gc.get_freeze_count() <= n_spared
    assert any(thing is later for thing in gc.get_objects())
    gc.unfreeze()
