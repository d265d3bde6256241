"""Statements that come again and again: SQLAlchemy is asked about each of them once, then they go straight to SQLite.

The way through SQLAlchemy takes ten times as long as SQLite itself.  What it finds out on that way (the text, the order
of the parameters, how values are converted) is the same every time for the same statement with the same parameters.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from sqlite3 import Connection
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import CursorResult, Delete, Dialect, Executable, Insert, Select, Update
from sqlalchemy.engine import IteratorResult
from sqlalchemy.engine.result import SimpleResultMetaData

LONGEST = 16
"""Values of an ``IN`` up to which a statement is kept; each number of them makes another text."""
MANY = (list, tuple, set, frozenset)

Values = Mapping[str, Any]
Convert = Callable[[Any], Any]


class Ran(IteratorResult[Any]):
    """What a statement did: its rows, converted as they are asked for, or how many it changed."""

    def __init__(self, shape: SimpleResultMetaData, rows: Iterator[tuple[Any, ...]], rowcount: int) -> None:
        super().__init__(shape, rows)
        self.rowcount = rowcount


Done = CursorResult[Any] | Ran
_NOTHING = SimpleResultMetaData([])


class Prepared:
    """One statement with one set of parameters, as SQLite takes it."""

    def __init__(self, statement: Select[Any] | Insert | Update | Delete, values: Values, dialect: Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect, column_keys=list(values))
        state = compiled.construct_expanded_state(values)
        self._sql: str = state.statement
        self._lists: Mapping[str, Sequence[str]] = state.parameter_expansion
        own = {name: of for of, names in self._lists.items() for name in names}
        # What is in the statement itself, and the defaults of columns that are not given.
        self._fixed = {name: value for name, value in state.parameters.items() if own.get(name, name) not in values}
        self._fixed |= {column.key: column.default.arg for column in compiled.insert_prefetch}
        self._places: list[tuple[str, Convert | None]] = [
            (name, compiled.binds[own.get(name, name)].type.dialect_impl(dialect).bind_processor(dialect))
            for name in state.positiontup
        ]
        columns = list(statement.selected_columns) if isinstance(statement, Select) else []
        self._readers: list[Convert | None] = [
            column.type.dialect_impl(dialect).result_processor(dialect, None) for column in columns
        ]
        self._shape: SimpleResultMetaData | None = None

    def run(self, driver: Connection, values: Values | Sequence[Values]) -> Ran:
        """Run it once, or once for each of several sets of values."""
        if not isinstance(values, Mapping):
            done = driver.executemany(self._sql, [self._arguments(one) for one in values])
            return Ran(_NOTHING, iter(()), done.rowcount)
        cursor = driver.execute(self._sql, self._arguments(values))
        if not self._readers:
            return Ran(_NOTHING, iter(()), cursor.rowcount)
        if self._shape is None:
            self._shape = SimpleResultMetaData([name for name, *_ in cursor.description])
        # All of them at once: a cursor that is left half read keeps its connection at that moment for ever.
        rows = cursor.fetchall()
        return Ran(self._shape, map(self._read, rows) if any(self._readers) else iter(rows), -1)

    def _read(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(value if read is None else read(value) for read, value in zip(self._readers, row, strict=True))

    def _arguments(self, values: Values) -> list[Any]:
        given = {**self._fixed, **values}
        for name, names in self._lists.items():
            if name in values:
                given.update(zip(names, values[name], strict=True))
        return [given[name] if convert is None else convert(given[name]) for name, convert in self._places]


class Statements:
    """The statements of one database that are known already."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: WeakKeyDictionary[Executable, dict[tuple[Any, ...], Prepared]] = WeakKeyDictionary()

    def prepared(self, statement: Executable, values: Values | Sequence[Values]) -> Prepared | None:
        """None for what is seen for the first time: most of that was built for this one call, and never comes again."""
        if not isinstance(statement, Select | Insert | Update | Delete):
            return None
        if not isinstance(statement, Select) and statement.exported_columns:
            return None  # what RETURNING gives is not read here
        known = self._known.get(statement)
        if known is None:
            self._known[statement] = {}
            return None
        one = values if isinstance(values, Mapping) else values[0]
        form = tuple((name, len(value)) if isinstance(value, MANY) else name for name, value in one.items())
        found = known.get(form)
        if found is None and all(isinstance(name, str) or name[1] <= LONGEST for name in form):
            found = known[form] = Prepared(statement, one, self._dialect)
        return found
