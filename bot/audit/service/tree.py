"""The tree as it stands in the database: growing it, and hashes of any span below the newest checkpoint."""

from collections.abc import Iterable

from bot.audit import tables
from bot.audit.merkle import Frontier, Span, perfect, span_hash
from bot.audit.service.errors import LogRewritten
from bot.db.unit import Unit

_CHUNK = 4096


async def hashes(unit: Unit, spans: Iterable[Span], size: int) -> dict[Span, bytes]:
    """The hash of each span of the tree of ``size`` leaves, for which nodes were kept.

    Raises :class:`LogRewritten` if a node is gone."""
    wanted = list(spans)
    found = await tables.node_hashes(unit, (node for span in wanted for node in perfect(span)))
    try:
        return {span: span_hash(span, found.__getitem__) for span in wanted}
    except KeyError as error:
        raise LogRewritten(entries=size, signed=size) from error


async def root(unit: Unit, size: int) -> bytes:
    """The root of the first ``size`` leaves; a few dozen rows, whatever the size."""
    whole = Span(0, size)
    return (await hashes(unit, [whole], size))[whole]


async def grow(unit: Unit, kept: int, size: int) -> bytes:
    """Keep the nodes that the entries from ``kept`` up to ``size`` complete; gives the root of ``size`` leaves.

    Raises :class:`LogRewritten` if a node or an entry is gone."""
    edge = perfect(Span(0, kept))
    found = await tables.node_hashes(unit, edge)
    if len(found) != len(edge):
        raise LogRewritten(entries=size, signed=kept)
    frontier = Frontier(kept, [found[node] for node in edge])
    for start in range(kept, size, _CHUNK):
        leaves = await tables.leaf_hashes(unit, start, min(start + _CHUNK, size))
        await tables.add_nodes(unit, [done for leaf in leaves for done in frontier.append(leaf)])
    if frontier.size != size:
        raise LogRewritten(entries=frontier.size, signed=size)
    return frontier.root()
