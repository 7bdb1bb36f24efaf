"""``a, b = zip(*pairs)``, where only running the program tells how many pairs there are."""

from __future__ import annotations

import numpy as np

from tests.language.checking import check

X = np.array([0.3, -1.2, 2.1, 0.7, -0.4])


def test_columns_of_pairs_that_data_select() -> None:
    def zipped(x):
        pairs = [(v, v * v) for v in x if v > 0]
        a, b = zip(*pairs, strict=True)
        return sum(u * w for u, w in zip(a, b, strict=True))

    def by_rows(x):
        pairs = [(v, v * v) for v in x if v > 0]
        a, b = [row[0] for row in pairs], [row[1] for row in pairs]
        return sum(u * w for u, w in zip(a, b, strict=True))

    check(zipped, X, wrt=0)
    check(by_rows, X, wrt=0)
    assert by_rows(X) == zipped(X)
