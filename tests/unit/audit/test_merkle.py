"""The tree against the vectors of other implementations, and its own parts against each other."""

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audit.merkle import (
    EMPTY_ROOT,
    Frontier,
    Node,
    Span,
    consistency,
    consistent,
    included,
    inclusion,
    leaf_hash,
    node_hash,
    nodes_of,
    perfect,
    span_hash,
    tree_hash,
)

VECTORS: dict[str, Any] = json.loads(
    (Path(__file__).parents[2] / "vectors" / "rfc6962_proofs.json").read_text(encoding="utf-8")
)
LEAVES = [leaf_hash(bytes.fromhex(leaf)) for leaf in VECTORS["trees"]["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["trees"]["roots"]]


def unb64(texts: list[str] | None) -> list[bytes]:
    return [base64.b64decode(text) for text in texts or []]


@pytest.mark.parametrize("size", range(9))
def test_known_roots(size: int) -> None:
    assert tree_hash(LEAVES[:size]) == ROOTS[size]
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    assert frontier.root() == ROOTS[size]


@pytest.mark.parametrize("case", VECTORS["inclusion"], ids=lambda case: case["name"])
def test_inclusion_as_others_check_it(case: dict[str, Any]) -> None:
    (root, leaf), path = unb64([case["root"], case["leafHash"]]), unb64(case["proof"])
    assert included(leaf, case["leafIdx"], case["treeSize"], path, root) is not case["wantErr"]


@pytest.mark.parametrize("case", VECTORS["consistency"], ids=lambda case: case["name"])
def test_consistency_as_others_check_it(case: dict[str, Any]) -> None:
    roots, path = unb64([case["root1"], case["root2"]]), unb64(case["proof"])
    # One case has words in the place of its roots: what is no hash is refused here before anything else.
    hashes = all(len(root) == 32 for root in roots)
    assert consistent(case["size1"], roots[0], case["size2"], roots[1], path) is (hashes and not case["wantErr"])


class Tree:
    """A grown tree with every node it completed."""

    def __init__(self, size: int) -> None:
        self.leaves = [leaf_hash(b"%d" % number) for number in range(size)]
        self.nodes = {Node(0, number): leaf for number, leaf in enumerate(self.leaves)}
        self.frontier = Frontier()
        self.roots = [EMPTY_ROOT]
        for leaf in self.leaves:
            self.nodes |= dict(self.frontier.append(leaf))
            self.roots.append(self.frontier.root())

    def proof(self, spans: list[Span]) -> list[bytes]:
        return [span_hash(span, self.nodes.__getitem__) for span in spans]


TREE = Tree(150)
sizes = st.integers(0, 150)


@given(sizes)
def test_growing_is_the_definition(size: int) -> None:
    assert TREE.roots[size] == tree_hash(TREE.leaves[:size])
    assert span_hash(Span(0, size), TREE.nodes.__getitem__) == TREE.roots[size]


@given(st.integers(1, 150), st.data())
def test_every_leaf_is_proven_and_nothing_else(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path, leaf, root = TREE.proof(inclusion(index, size)), TREE.leaves[index], TREE.roots[size]
    assert included(leaf, index, size, path, root)
    assert not included(TREE.leaves[(index + 1) % 150], index, size, path, root)
    assert not included(leaf, index, size, [*path, root], root)
    assert not included(leaf, index, size, path[:-1], root) or size == 1
    other = data.draw(st.integers(0, 160).filter(lambda number: number != index))
    assert not included(leaf, other, size, path, root)
    if path:
        at = data.draw(st.integers(0, len(path) - 1))
        path[at] = bytes([path[at][0] ^ 1]) + path[at][1:]
        assert not included(leaf, index, size, path, root)


@given(sizes, sizes, st.data())
def test_every_growth_is_proven_and_nothing_else(one: int, two: int, data: st.DataObject) -> None:
    old, new = sorted((one, two))
    path = TREE.proof(consistency(old, new))
    assert consistent(old, TREE.roots[old], new, TREE.roots[new], path)
    assert not consistent(old, TREE.roots[old], new, TREE.roots[new], [*path, TREE.roots[new]])
    if old != new:
        assert not consistent(new, TREE.roots[new], old, TREE.roots[old], path)
        assert not consistent(old, TREE.leaves[0][::-1], new, TREE.roots[new], path)
    if 0 < old < new:
        assert not consistent(old, TREE.roots[old], new, TREE.roots[old], path)
        at = data.draw(st.integers(0, len(path) - 1))
        path[at] = bytes([path[at][0] ^ 1]) + path[at][1:]
        assert not consistent(old, TREE.roots[old], new, TREE.roots[new], path)


def test_positions_count_nodes_in_the_order_of_their_completion() -> None:
    frontier, order = Frontier(), []
    for number in range(100):
        order += [Node(0, number), *(node for node, _ in frontier.append(bytes(32)))]
        assert nodes_of(number + 1) == len(order)
    assert [node.position for node in order] == list(range(len(order)))


@given(st.integers(1, 2**40))
def test_a_proof_stays_short(size: int) -> None:
    spans = inclusion(size // 2, size)
    assert len(spans) <= 40
    assert sum(len(perfect(span)) for span in spans) <= 80


def test_a_leaf_is_no_node() -> None:
    left, right = LEAVES[:2]
    assert leaf_hash(left + right) != node_hash(left, right)


def test_what_is_not_in_the_tree_has_no_proof() -> None:
    for index, size in ((0, 0), (5, 5), (-1, 5)):
        with pytest.raises(ValueError, match="not in a tree"):
            inclusion(index, size)
    with pytest.raises(ValueError, match="does not continue"):
        consistency(6, 5)
