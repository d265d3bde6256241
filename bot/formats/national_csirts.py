"""A spreadsheet of national CSIRTs (CSV), as the community keeps it: with reserved country codes, empty fields,
several spellings of one thing and the same team on several lines.

Every row becomes an entry, joins one, or is reported; nothing is dropped in silence.  Rows are the same team if
they name it alike in the same country, and for no other reason.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.directory.model import Contact, Organisation, Problem, Reading, Record, Source
from bot.directory.rules import countries
from bot.directory.rules.naming import fold
from bot.formats.handles import make_handles
from bot.ids import Handle
from bot.tlp import Tlp

COLUMNS = ("iso2", "team_name", "full_team_name", "email", "type_of_cert", "active", "source", "changed")
_NOTHING = frozenset({"", "null", "none", "n/a", "-"})
_MAIL = re.compile(r"[^@\s<>,;]+@[^@\s<>,;]+\.[^@\s<>,;]+")


@dataclass(slots=True)
class _Team:
    line: int
    country: str
    name: str
    full_names: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    changed: list[date] = field(default_factory=list)


def read(data: bytes, file: str) -> Reading:
    """Read the spreadsheet (UTF-8, a heading line).  Never raises.

    ``problems`` holds the rows that could not become an entry, ``notes`` what was put right, joined or left out:
    for each row there is a record, a problem, or a note that says which entry it joined or why it is out."""
    problems: list[Problem] = []
    notes: list[Problem] = []
    teams: dict[tuple[str, str], _Team] = {}
    rows = 0
    for line, row in _rows(data, file, problems):
        rows += 1
        source = Source(file, line)
        team = _team(row, source, problems, notes)
        if team is None:
            continue
        there = teams.setdefault((team.country, fold(team.name)), team)
        if there is not team:
            _join(there, team)
            notes.append(Problem(source, "joined", {"value": team.name, "first": str(Source(file, there.line))}))
    records = tuple(_records(teams.values(), file, notes))
    notes.sort(key=lambda note: note.source.line)
    return Reading(records, (), tuple(problems), tuple(notes), rows, adds=True)


def _rows(data: bytes, file: str, problems: list[Problem]) -> Iterable[tuple[int, dict[str, str]]]:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.append(Problem(Source(file, data[: error.start].count(b"\n") + 1), "not-utf8"))
        return
    reader = csv.DictReader(io.StringIO(text, newline=""), restkey="*", restval="")
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        problems.append(Problem(Source(file, 1), "no-such-column", {"value": ", ".join(missing)}))
        return
    before = reader.line_num
    for row in reader:
        line, before = before + 1, reader.line_num
        if "*" in row:
            problems.append(Problem(Source(file, line), "too-many-fields"))
            row.pop("*")
        yield line, {column: _clean(row[column]) for column in COLUMNS}


def _clean(value: str) -> str:
    value = "".join(c if unicodedata.category(c) != "Cc" else " " for c in value)
    value = " ".join(value.split())
    return "" if value.casefold() in _NOTHING else value


def _team(row: dict[str, str], source: Source, problems: list[Problem], notes: list[Problem]) -> _Team | None:
    code = countries.by_code(row["iso2"]) if len(row["iso2"]) == 2 else None
    if code is None:
        problems.append(Problem(source, "unknown-country", {"value": row["iso2"]}))
        return None
    name = row["team_name"] or row["full_team_name"]
    if not name:
        problems.append(Problem(source, "missing", {"field": "team_name"}))
        return None
    if row["active"].casefold() not in {"t", "true", "1", "yes"}:
        notes.append(Problem(source, "inactive", {"value": name}))
        return None
    if code != row["iso2"]:
        notes.append(Problem(source, "code-put-right", {"value": row["iso2"], "code": code}))
    elif code in countries.NOT_STATES:
        notes.append(Problem(source, "not-a-state", {"value": code}))
    team = _Team(source.line, code, name)
    _fill(team, row, source, notes)
    return team


def _fill(team: _Team, row: dict[str, str], source: Source, notes: list[Problem]) -> None:
    if row["full_team_name"] and row["full_team_name"] != team.name:
        team.full_names.append(row["full_team_name"])
    for mail in re.split(r"[\s,;]+", row["email"]):
        if _MAIL.fullmatch(mail):
            team.mails.append(mail)
        elif mail:
            notes.append(Problem(source, "bad-address", {"value": mail}))
    if kind := _kind(row["type_of_cert"]):
        team.kinds.append(kind)
    elif row["type_of_cert"]:
        notes.append(Problem(source, "unknown-kind", {"value": row["type_of_cert"]}))
    if row["source"]:
        team.sources.append(row["source"])
    if row["changed"]:
        try:
            team.changed.append(datetime.strptime(row["changed"][:10], "%Y-%m-%d").date())  # noqa: DTZ007  (a day)
        except ValueError:
            notes.append(Problem(source, "bad-date", {"value": row["changed"]}))


def _kind(text: str) -> str | None:
    """One kind for the many spellings: a team that is national and something else is national."""
    words = fold(text).split()
    for kind, known in (
        ("national", {"national"}),
        ("government", {"government", "governmental", "govcert"}),
        ("sector", {"ciip"}),
        ("academic", {"academic", "research"}),
    ):
        if known.intersection(words):
            return kind
    return None


def _join(there: _Team, team: _Team) -> None:
    for mine, more in (
        (there.full_names, team.full_names),
        (there.mails, team.mails),
        (there.kinds, team.kinds),
        (there.sources, team.sources),
    ):
        mine.extend(value for value in more if value not in mine)
    there.changed += team.changed


def _records(teams: Iterable[_Team], file: str, notes: list[Problem]) -> Iterable[Record]:
    teams = list(teams)
    handles = make_handles([(team.name, team.country) for team in teams])
    for team, handle in zip(teams, handles, strict=True):
        source = Source(file, team.line)
        if handle != team.name:
            notes.append(Problem(source, "handle-made", {"value": team.name, "handle": handle}))
        yield Record(source, _organisation(team, handle))


def _organisation(team: _Team, handle: Handle) -> Organisation:
    # The fullest wording names the entry; the others, and the short name where the handle had to be changed, are
    # aliases.
    full = max(team.full_names, key=len, default=team.name)
    aliases = {fold(name): name for name in (team.name, *team.full_names)}
    for known in (full, handle):
        aliases.pop(fold(known), None)
    return Organisation(
        handle=handle,
        names={"en": full},
        aliases=tuple(aliases.values()),
        country=team.country,
        kind="national" if "national" in team.kinds else next(iter(team.kinds), None),
        contacts=tuple(Contact("email", mail, Tlp.CLEAR) for mail in team.mails),
        last_confirmed=max(team.changed, default=None),
        source="; ".join(team.sources)[:500] or None,
    )
