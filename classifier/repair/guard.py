"""How many right products a re-run must watch in order to see that something broke. Pure.

A sample of n from N right products, K of which a change would break, misses all of them with the hypergeometric chance
C(N - K, n) / C(N, n): sampling without replacement (W. Feller, An Introduction to Probability Theory, vol. 1, II.6).
"""

from __future__ import annotations

import math

POWERS = (0.8, 0.9, 0.95, 0.99)
SHARES = (0.01, 0.02, 0.05, 0.1)


def power(n: int, n_right: int, share: float) -> float:
    """Chance (0..1) that n of n_right products show at least one broken one when this share of them breaks.

    The share is rounded up to whole products. 0.0 without a sample or without right products.
    """
    broken = _n_broken(n_right, share)
    if n <= 0 or broken == 0:
        return 0.0
    if n > n_right - broken:
        return 1.0
    missed = (_log_choose(n_right - broken, n) - _log_choose(n_right, n)) if n_right else 0.0
    return -math.expm1(min(0.0, missed))


def guard_size(n_right: int, share: float = 0.02, wanted: float = 0.95) -> int:
    """Give the smallest sample of n_right products with at least the power wanted (0..1, below 1); 0 of none."""
    if not 0 < share <= 1 or not 0 < wanted < 1:
        raise ValueError("The share is above 0 and at most 1, the power between 0 and 1.")
    low, high = 0, n_right
    while low < high:
        middle = (low + high) // 2
        if power(middle, n_right, share) >= wanted:
            high = middle
        else:
            low = middle + 1
    return low


def _n_broken(n_right: int, share: float) -> int:
    return min(n_right, math.ceil(share * n_right - 1e-9)) if n_right > 0 else 0


def _log_choose(n: int, k: int) -> float:
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)
