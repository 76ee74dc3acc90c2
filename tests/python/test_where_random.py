# SPDX-License-Identifier: BSD-3-Clause
"""Random conditions, and Python itself as the judge."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from row_conditions import by_memory, by_tensors

from torchfits import Table

SMALL = {
    "I": np.array([-3, -1, 0, 1, 2, 7, 100, 3], "i4"),
    "K": np.array([-(2**63), 2**63 - 1, 0, -1, 2**53 + 1, 5, 1 << 62, 3], "i8"),
    "X": np.array([0.0, -1.5, np.nan, np.inf, 2.5, 1e300, -0.0, 3.0]),
    "L": np.array([1, 0, 1, 0, 1, 0, 1, 0], bool),
}
SMALL_NULL = {"I": [5], "K": [], "X": [2], "L": [3, 4]}
SMALL_MASKS = {
    name: torch.tensor([row in SMALL_NULL[name] for row in range(8)]) for name in ("I", "L")
}
SMALL_TABLE = Table({k: torch.from_numpy(v.copy()) for k, v in SMALL.items()}, masks=SMALL_MASKS)


class Tree:
    """An expression as text, and as what Python makes of a row: None is null."""

    def __init__(self, text: str, value: Callable[[int], Any]) -> None:
        self.text, self.value = text, value

    def __repr__(self) -> str:
        return self.text


def leaf(name: str) -> Tree:
    return Tree(name, lambda row: None if row in SMALL_NULL[name] else SMALL[name][row].item())


def whole_number(value: Any) -> Any:
    return value if value is not None and -(2**63) <= value < 2**63 else None


def number_of(value: float | None) -> float | None:
    return None if value is None or math.isnan(value) else value


def known_of(operation: Callable[..., Any], *trees: Tree) -> Callable[[int], Any]:
    def value(row: int) -> Any:
        values = [tree.value(row) for tree in trees]
        return None if None in values else operation(*values)

    return value


def integers() -> st.SearchStrategy[Tree]:
    leaves = st.sampled_from([leaf("I"), leaf("K")]) | st.integers(-(2**63), 2**63 - 1).map(
        lambda n: Tree(str(n), lambda _: n)
    )
    operations: dict[str, Callable[[int, int], Any]] = {
        "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
        "%": lambda a, b: None if b == 0 else a % b,
        "&": lambda a, b: a & b, "|": lambda a, b: a | b, "^": lambda a, b: a ^ b,
    }  # fmt: skip

    def join(children: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        binary = st.builds(
            lambda op, a, b: Tree(
                f"({a} {op} {b})", known_of(lambda x, y: whole_number(operations[op](x, y)), a, b)
            ),
            st.sampled_from(list(operations)), children, children,
        )  # fmt: skip
        unary = st.builds(
            lambda a: Tree(f"(-{a})", known_of(lambda x: whole_number(-x), a)), children
        )
        bits = st.builds(lambda a: Tree(f"(~{a})", known_of(lambda x: ~x, a)), children)
        absolute = st.builds(
            lambda a: Tree(f"abs({a})", known_of(lambda x: whole_number(abs(x)), a)), children
        )
        extreme = st.builds(
            lambda name, a, b: Tree(
                f"{name}({a}, {b})", known_of(min if name == "min" else max, a, b)
            ),
            st.sampled_from(["min", "max"]), children, children,
        )  # fmt: skip
        return binary | unary | bits | absolute | extreme

    return st.recursive(leaves, join, max_leaves=4)


def reals() -> st.SearchStrategy[Tree]:
    x = leaf("X")
    floats = st.floats(0, 1e10).map(lambda n: Tree(repr(n), lambda _: n))
    operations: dict[str, Callable[[float, float], float]] = {
        "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b,
        "/": lambda a, b: float(np.float64(a) / np.float64(b)),
    }  # fmt: skip

    def join(children: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        return st.builds(
            lambda op, a, b: Tree(
                f"({a} {op} {b})",
                known_of(lambda p, q: number_of(operations[op](float(p), float(q))), a, b),
            ),
            st.sampled_from(list(operations)), children, children | integers(),
        )  # fmt: skip

    return st.recursive(st.just(x) | floats, join, max_leaves=4)


def comparisons() -> st.SearchStrategy[Tree]:
    tests: dict[str, Callable[[Any, Any], bool]] = {
        "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b, ">": lambda a, b: a > b, ">=": lambda a, b: a >= b,
    }  # fmt: skip

    def compare(op: str, a: Tree, b: Tree) -> Tree:
        return Tree(f"{a} {op} {b}", known_of(tests[op], a, b))

    def in_list(a: Tree, items: list[int]) -> Tree:
        return Tree(f"{a} in ({', '.join(map(str, items))})", known_of(lambda x: x in items, a))

    def real_values(tree: Tree) -> Tree:
        return Tree(tree.text, known_of(float, tree))

    ops = st.sampled_from(list(tests))
    lists = st.lists(st.integers(-4, 8), min_size=1, max_size=20)
    nulls = st.builds(
        lambda a: Tree(f"isnull({a})", lambda row: a.value(row) is None), integers() | reals()
    )
    return (
        st.builds(compare, ops, integers(), integers())
        | st.builds(compare, ops, reals(), (reals() | integers()).map(real_values))
        | st.builds(in_list, integers(), lists)
        | nulls
        | st.just(leaf("L"))
    )


def conditions() -> st.SearchStrategy[Tree]:
    def both(a: Any, b: Any) -> Any:
        return False if False in (a, b) else (None if None in (a, b) else True)

    def any_of(a: Any, b: Any) -> Any:
        return True if True in (a, b) else (None if None in (a, b) else False)

    def join(children: st.SearchStrategy[Tree]) -> st.SearchStrategy[Tree]:
        pairs = st.builds(
            lambda word, a, b: Tree(
                f"({a}) {word} ({b})",
                lambda row: (both if word == "and" else any_of)(a.value(row), b.value(row)),
            ),
            st.sampled_from(["and", "or"]), children, children,
        )  # fmt: skip
        return pairs | st.builds(
            lambda a: Tree(f"not ({a})", known_of(lambda x: not x, a)), children
        )

    return st.recursive(comparisons(), join, max_leaves=5)


@settings(max_examples=300, deadline=None)
@given(conditions())
def test_random_expressions_agree_with_python(tree: Tree) -> None:
    with np.errstate(all="ignore"):
        expected = [row for row in range(8) if tree.value(row) is True]
    assert by_memory(SMALL_TABLE, tree.text) == expected
    assert by_tensors(SMALL_TABLE, tree.text) == expected


TEXTS = ["", "M", "M31", "M 31", "m31", "\xe9t\xe9", "a'b", "M31X"]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXTS), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
       st.lists(st.sampled_from(TEXTS), min_size=1))  # fmt: skip
def test_random_texts_agree_with_python(wanted: str, op: str, values: list[str]) -> None:
    data = Table({"S": values, "R": values[::-1]})
    quoted = "'" + wanted.replace("'", "''") + "'"
    tests = {
        f"S {op} {quoted}": [eval(f"s {op} w", {"s": s, "w": wanted}) for s in values],
        f"S {op} R": [eval(f"s {op} r", {"s": s, "r": r})
                      for s, r in zip(values, values[::-1], strict=True)],
        f"S in ({quoted}, 'M')": [s in (wanted, "M") for s in values],
        f"startswith(S, {quoted})": [s.startswith(wanted) for s in values],
        f"endswith(S, {quoted})": [s.endswith(wanted) for s in values],
        f"contains(S, {quoted})": [wanted in s for s in values],
    }  # fmt: skip
    for where, truth in tests.items():
        rows = [row for row, is_true in enumerate(truth) if is_true]
        assert by_memory(data, where) == rows, where
        assert by_tensors(data, where) == rows, where
