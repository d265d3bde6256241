"""Which escalation somebody means who names none, or one of several: for the commands that answer one."""

from dataclasses import dataclass

from bot.db.unit import Unit
from bot.errors import NotDone
from bot.escalation.model import Escalation, Member
from bot.escalation.service import texts
from bot.escalation.service.escalations import Escalations
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, code
from bot.ids import BadRef, Ref, parse_ref

MOST_LISTED = 9
DASHES = tuple("-‐‑–—−")
"""Without one a word such as *escribir* would look like a reference."""


class NoneOpen(NotDone):
    """There is no open escalation here that you could change this way."""

    code = "escalation-none-open"


@dataclass(frozen=True, slots=True)
class Named:
    """One escalation is meant."""

    ref: Ref
    rest: str
    """What else stands on the line."""


@dataclass(frozen=True, slots=True)
class Several:
    """The person chooses."""

    text: Rich
    """A numbered list."""
    options: tuple[str, ...]
    """A first line for each number."""


async def which(
    unit: Unit, escalations: Escalations, member: Member, command: str, line: str, language: str
) -> Named | Several:
    """The escalation that ``line`` begins with, else the only one that ``command`` could mean.

    Raises :class:`NoneOpen`, or :class:`~bot.ids.BadRef` for a word that looks like a reference and is none to an
    escalation."""
    first, _, rest = line.strip().partition(" ")
    if first[:3].upper() in ("ESC", "MSG", "INC") and first[3:4] in DASHES:
        ref = parse_ref(first.rstrip(".,:;"))
        if not ref.startswith("ESC-"):
            raise BadRef(value=first)
        return Named(ref, rest.strip())
    found = (await escalations.choices(unit, member, command))[:MOST_LISTED]
    if not found:
        raise NoneOpen
    if len(found) == 1:
        return Named(found[0].ref, line.strip())
    lines = [say(language, "escalation-which")]
    lines += [_line(language, number, one, unit) for number, one in enumerate(found, start=1)]
    return Several(Rich.lines(lines), tuple(f"{one.ref} {line}".strip() for one in found))


def _line(language: str, number: int, one: Escalation, unit: Unit) -> Rich:
    return say(
        language,
        "escalation-which-line",
        number=number,
        ref=code(one.ref),
        severity=texts.severity(language, one.severity),
        caller=texts.caller_of(one),
        called=str(one.target.organisation),
        took=texts.took(language, unit.now - one.opened_at),
    )
