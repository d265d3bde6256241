"""The Merkle tree of RFC 6962, section 2.1: hashes, roots, proofs and their checking.

Every span of leaves that the RFC names splits into perfect subtrees, and a perfect subtree never changes again.
So only perfect subtrees are kept, one :class:`Node` each, and every root or proof needs at most a few dozen.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
"""2.1: MTH({}) = SHA-256()."""


class Span(NamedTuple):
    """D[start:end], as the RFC writes the leaves from ``start`` up to, not including, ``end``."""

    start: int
    end: int


class Node(NamedTuple):
    """A perfect subtree: ``2**level`` leaves, and its number, from 0, among those of its level."""

    level: int
    number: int

    @property
    def span(self) -> Span:
        """The leaves below it."""
        return Span(self.number << self.level, (self.number + 1) << self.level)

    @property
    def position(self) -> int:
        """Its place, from 0, in the order in which a growing tree completes its nodes, leaves counted too."""
        return nodes_of(self.span.end - 1) + self.level


Lookup = Callable[[Node], bytes]


def leaf_hash(data: bytes) -> bytes:
    """2.1: MTH({d(0)}) = SHA-256(0x00 || d(0))."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """2.1: SHA-256(0x01 || MTH(D[0:k]) || MTH(D[k:n]))."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def nodes_of(size: int) -> int:
    """How many nodes, leaves counted too, a tree of ``size`` leaves has completed."""
    return 2 * size - size.bit_count()


# --- 2.1: hash of a span ----------------------------------------------------------------------------------


def perfect(span: Span) -> list[Node]:
    """The largest perfect subtrees of a span that the RFC's splits can reach, from left to right."""
    nodes, start = [], span.start
    while start < span.end:
        level = (span.end - start).bit_length() - 1
        nodes.append(Node(level, start >> level))
        start += 1 << level
    return nodes


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash of a span from the hashes of :func:`perfect`: the split k is the largest power of two below n."""
    if not hashes:
        return EMPTY_ROOT
    result = hashes[-1]
    for left in reversed(hashes[:-1]):
        result = node_hash(left, result)
    return result


def span_hash(span: Span, lookup: Lookup) -> bytes:
    """MTH(D[start:end]) from kept nodes."""
    return fold([lookup(node) for node in perfect(span)])


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """MTH(D[n]) from the leaf hashes, word by word as in 2.1; for trees at hand, not for a log."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    k = _split(len(leaves))
    return node_hash(tree_hash(leaves[:k]), tree_hash(leaves[k:]))


def _split(n: int) -> int:
    """The largest power of two smaller than n (n > 1)."""
    return 1 << ((n - 1).bit_length() - 1)


# --- 2.1.1, 2.1.2: proofs ---------------------------------------------------------------------------------


def inclusion(m: int, n: int) -> list[Span]:
    """2.1.1: PATH(m, D[n]) as the spans whose hashes are the proof, from the leaf's sibling upwards."""
    if not 0 <= m < n:
        raise ValueError(f"leaf {m} is not in a tree of {n}")
    start, path = 0, []
    while n > 1:
        k = _split(n)
        if m < k:
            path.append(Span(start + k, start + n))
            n = k
        else:
            path.append(Span(start, start + k))
            start, m, n = start + k, m - k, n - k
    return path[::-1]


def consistency(m: int, n: int) -> list[Span]:
    """2.1.2: PROOF(m, D[n]) as the spans whose hashes are the proof; empty for m = 0 and m = n."""
    if not 0 <= m <= n:
        raise ValueError(f"a tree of {n} does not continue a tree of {m}")
    if m == 0:
        return []
    start, whole, proof = 0, True, []
    while m != n:  # SUBPROOF(m, D[start:start + n], whole)
        k = _split(n)
        if m <= k:
            proof.append(Span(start + k, start + n))
            n = k
        else:
            proof.append(Span(start, start + k))
            start, m, n, whole = start + k, m - k, n - k, False
    if not whole:
        proof.append(Span(start, start + n))
    return proof[::-1]


# --- checking, step by step as RFC 9162 numbers it --------------------------------------------------------


def included(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162, 2.1.3.2: whether ``path`` proves that ``leaf`` (a hash) is at ``index`` of the tree with ``root``."""
    if not 0 <= index < size or any(len(value) != HASH_SIZE for value in (leaf, root, *path)):  # 1
        return False
    fn, sn, r = index, size - 1, leaf  # 2, 3
    for p in path:  # 4
        if sn == 0:  # 4a
            return False
        if fn & 1 or fn == sn:  # 4b
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1  # 4c
    return sn == 0 and r == root  # 5


def consistent(first: int, first_root: bytes, second: int, second_root: bytes, path: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.4.2: whether ``path`` proves that the tree of ``second`` leaves continues that of ``first``."""
    if not 0 <= first <= second or any(len(value) != HASH_SIZE for value in (first_root, second_root, *path)):
        return False
    if first == 0:  # everything continues the empty tree
        return not path and first_root == EMPTY_ROOT and (second > 0 or second_root == EMPTY_ROOT)
    if first == second:
        return not path and first_root == second_root
    if not path:  # 1
        return False
    steps = list(path)
    if first & (first - 1) == 0:  # 2
        steps.insert(0, first_root)
    fn, sn = first - 1, second - 1  # 3
    while fn & 1:  # 4
        fn, sn = fn >> 1, sn >> 1
    fr = sr = steps[0]  # 5
    for c in steps[1:]:  # 6
        if sn == 0:  # 6a
            return False
        if fn & 1 or fn == sn:  # 6b
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1  # 6c
    return sn == 0 and fr == first_root and sr == second_root  # 7


# --- a growing tree ---------------------------------------------------------------------------------------


@dataclass(slots=True)
class Frontier:
    """The right edge of a tree: the hashes of :func:`perfect` for all its leaves; enough to grow it for ever."""

    size: int = 0
    hashes: list[bytes] = field(default_factory=list)

    def append(self, leaf: bytes) -> list[tuple[Node, bytes]]:
        """Add a leaf hash; gives every inner node that it completes, lowest first."""
        index, level, result, completed = self.size, 0, leaf, []
        while index & 1:
            result = node_hash(self.hashes.pop(), result)
            index >>= 1
            level += 1
            completed.append((Node(level, index), result))
        self.hashes.append(result)
        self.size += 1
        return completed

    def root(self) -> bytes:
        """MTH of everything appended so far."""
        return fold(self.hashes)
