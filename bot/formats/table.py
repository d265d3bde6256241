"""The organisations as a table (CSV) for people with a spreadsheet: a line each, several values in one field by line.

It holds no people and no keys; read back, it changes what it has columns for and leaves everything else alone.
"""

import csv
import io
import re
from collections.abc import Iterable, Mapping

from bot.directory.model import Contact, Network, Organisation, Problem, Reading, Source
from bot.directory.rules.document import Node, Problems
from bot.directory.rules.plain import plain_organisation
from bot.formats import native
from bot.tlp import Tlp

TEXTS = ("country", "kind", "constituency", "timezone", "office_hours", "always", "website", "security_txt",
         "last_confirmed", "confirmed_by", "source")  # fmt: skip
LISTS = ("aliases", "former_names", "languages", "sectors", "services", "capabilities")
NAME = "name:"
NETWORKS = "networks"
FIELDS = frozenset({*TEXTS, *LISTS, "names", "memberships", "contacts"})
_LABELLED = re.compile(r"(?P<value>.*?)\s*\[(?P<tlp>[^\[\]]+)\]", re.DOTALL)
_FORMULA = re.compile(r"'*[=+\-@\t\r]")
"""What a spreadsheet would run or turn into a number; it is written after an apostrophe."""


def is_this(data: bytes) -> bool:
    """Whether a CSV is this table."""
    first = data.removeprefix(b"\xef\xbb\xbf")[:4096].partition(b"\n")[0]
    return b"handle" in {column.strip(b' \r"') for column in first.split(_delimiter(first).encode())}


def _delimiter(heading: bytes) -> str:
    """Where the comma is for decimals, spreadsheets part fields by semicolons; some by tabs."""
    return max(",;\t", key=lambda mark: heading.count(mark.encode()))


def write(organisations: Iterable[Organisation], ceiling: Tlp) -> bytes:
    """The table (UTF-8 with its mark, which spreadsheets want); contacts as far as their label allows."""
    listed = list(organisations)
    spoken = sorted({language for organisation in listed for language in organisation.names})
    head = ["handle", *(NAME + language for language in spoken), *TEXTS, *LISTS, NETWORKS, *native.CONTACT_KINDS]
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(head)
    for organisation in listed:
        cells = _cells(organisation, ceiling)
        writer.writerow([_harmless(cells.get(column, "")) for column in head])
    return out.getvalue().encode("utf-8-sig")


def _cells(organisation: Organisation, ceiling: Tlp) -> dict[str, str]:
    plain = plain_organisation(organisation)
    cells = {"handle": str(organisation.handle)}
    cells |= {name: str(plain[name]) for name in TEXTS if name in plain}
    cells["always"] = "yes" if organisation.always else ""
    cells |= {name: "\n".join(plain.get(name, ())) for name in LISTS}
    cells |= {NAME + language: name for language, name in organisation.names.items()}
    cells[NETWORKS] = "\n".join(f"{m.network}: {' '.join(m.roles)}" for m in organisation.memberships)
    for contact in organisation.contacts:
        if contact.tlp <= ceiling:
            before = cells.get(contact.kind)
            cells[contact.kind] = f"{before}\n{_labelled(contact)}" if before else _labelled(contact)
    return cells


def _labelled(contact: Contact) -> str:
    return f"{' '.join(contact.value.split())} [{contact.tlp.value}]"


def _harmless(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


# --- reading --------------------------------------------------------------------------------------------------


def read(data: bytes, file: str, *, known: Mapping[str, Network]) -> Reading:
    """Read a table.  Never raises: whatever is wrong is a problem with its line."""
    problems = Problems(file)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return Reading(problems=(Problem(Source(file, line), "not-utf8"),))
    delimiter = _delimiter(data.partition(b"\n")[0])
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    nodes: list[Node] = []
    head: list[str] = []
    line = 1
    try:
        head = [column.strip() for column in next(reader, [])]
        _judge(head, problems)
        line = reader.line_num + 1
        for row in reader:
            if len(row) > len(head):
                problems.add(line, "too-many-fields")
            elif any(cell.strip() for cell in row):
                nodes.append(_node(line, dict(zip(head, row, strict=False))))
            line = reader.line_num + 1
    except csv.Error as error:
        problems.add(line, "not-csv", said=str(error))
    records = native.records(nodes, problems, known) if nodes else ()
    return Reading(records, (), problems.sorted(), rows=len(nodes), fields=_fields(head))


def _judge(head: list[str], problems: Problems) -> None:
    columns = {"handle", NETWORKS, *TEXTS, *LISTS, *native.CONTACT_KINDS}
    for column in head:
        if column not in columns and not (column.startswith(NAME) and column != NAME):
            problems.add(1, "unknown-key", field=column)
        if head.count(column) > 1:
            problems.add(1, "key-twice", field=column)
    kinds = [kind for kind in native.CONTACT_KINDS if kind not in head]
    if kinds and len(kinds) < len(native.CONTACT_KINDS):
        # With some of them nobody could tell which contacts are to go.
        problems.add(1, "no-such-column", value=", ".join(kinds))


def _fields(head: Iterable[str]) -> frozenset[str]:
    """The fields that these columns say."""
    columns = set(head)
    said = {*TEXTS, *LISTS} & columns
    if any(column.startswith(NAME) for column in columns):
        said.add("names")
    if NETWORKS in columns:
        said.add("memberships")
    if set(native.CONTACT_KINDS) <= columns:
        said.add("contacts")
    return frozenset(said)


def _node(line: int, cells: Mapping[str, str]) -> Node:
    """The row as the native form has it."""

    def text(value: str) -> Node:
        return Node(line, value or None)

    plain = {column: _plain(cell) for column, cell in cells.items()}
    fields: dict[str, Node] = {"handle": text(plain.get("handle", ""))}
    fields |= {name: text(plain[name]) for name in TEXTS if plain.get(name)}
    fields |= {name: Node(line, tuple(map(text, _lines(plain[name])))) for name in LISTS if plain.get(name)}
    names = {c.removeprefix(NAME): text(v) for c, v in plain.items() if c.startswith(NAME) and v}
    fields["names"] = Node(line, names)
    member: dict[str, Node] = {}
    for entry in _lines(plain.get(NETWORKS, "")):
        network, _, roles = entry.partition(":")
        member[network.strip()] = Node(line, tuple(map(text, roles.split())))
    fields["networks"] = Node(line, member)
    contacts = []
    for kind in native.CONTACT_KINDS:
        for entry in _lines(plain.get(kind, "")):
            found = _LABELLED.fullmatch(entry)
            value, label = (found["value"], found["tlp"]) if found else (entry, "")
            contacts.append(Node(line, {"kind": text(kind), "value": text(value), "tlp": text(label)}))
    fields["contacts"] = Node(line, tuple(contacts))
    return Node(line, fields)


def _plain(cell: str) -> str:
    cell = cell.strip()
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def _lines(cell: str) -> list[str]:
    return [line.strip() for line in cell.splitlines() if line.strip()]
