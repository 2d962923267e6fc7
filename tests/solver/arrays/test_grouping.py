"""Distinct values, connected parts and equal rows are those of slower code."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from solver.arrays.grouping import connected, distinct, equal_rows

EDGES = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=60)


@given(st.lists(st.integers(-5, 5)))
def test_distinct_values_ascend(values: list[int]) -> None:
    assert distinct(np.array(values, dtype=np.int64)).tolist() == sorted(set(values))


@given(EDGES)
def test_connected_parts_are_those_of_scipy(edges: list[tuple[int, int]]) -> None:
    tail, head = np.array(edges, dtype=np.int64).reshape(-1, 2).T
    label = connected_components(coo_array((np.ones(len(tail)), (tail, head)), shape=(31, 31)), directed=False)[1]
    first = [int(np.flatnonzero(label == one)[0]) for one in label]
    assert connected(31, tail, head).tolist() == first


def test_a_long_path_is_one_part() -> None:
    nodes = np.random.default_rng(1).permutation(5_000)
    assert not connected(5_000, nodes[:-1], nodes[1:]).any()


@given(st.lists(st.sets(st.integers(0, 4)), min_size=1, max_size=12))
def test_rows_are_equal_where_their_keys_are(rows: list[set[int]]) -> None:
    pairs = [(at, key) for at, keys in enumerate(rows) for key in keys]
    row, key = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    group = equal_rows(row, key, len(rows)).tolist()
    for one, keys in enumerate(rows):
        for other, others in enumerate(rows):
            assert (group[one] == group[other]) == (keys == others)
