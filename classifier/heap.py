"""The C library's heap of this process."""

from __future__ import annotations

import ctypes
import sys
from contextlib import suppress

M_ARENA_MAX = -8  # malloc.h of glibc
N_ARENAS = 2


def keep_small() -> None:
    """Have threads share two arenas: glibc gives each its own, and what one freed is of no use to the others.

    With 50,000 products 7 MB less. Threads here take turns at the interpreter anyway. Nothing is done without glibc.
    """
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            ctypes.CDLL(None).mallopt(M_ARENA_MAX, N_ARENAS)
