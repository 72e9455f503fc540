"""This process's memory: the C library's heap, and what Python's collector walks through."""

from __future__ import annotations

import ctypes
import gc
import sys
from contextlib import suppress

M_ARENA_MAX = -8  # malloc.h of glibc
N_ARENAS = 2
MANY = 50  # new modules: fewer are not worth a walk, nor that garbage of the moment is kept with them
_spared: set[str] = set()  # modules that were there when the collector was last told to leave all alone


def keep_small() -> None:
    """Have threads share two arenas: glibc gives each its own, and what one freed is of no use to the others.

    With 50,000 products 7 MB less. Threads here take turns at the interpreter anyway. Nothing is done without glibc.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, N_ARENAS)


def spare_modules() -> None:
    """Keep what modules brought out of the collector's walks, if many were loaded since the last time.

    They stay for ever, and with 500,000 objects of theirs each full collection is a standstill of all calls in flight:
    with 512 of 0.5 s it took 4 to 7 % of their rate. It costs one collection.
    """
    if len(sys.modules.keys() - _spared) >= MANY:
        _spared.update(sys.modules)
        gc.collect()
        gc.freeze()
