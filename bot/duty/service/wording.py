"""How a roster is said: names, times in the organisation's wall time, stretches and gaps."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, get_timezone_location

from bot.directory.model import Organisation
from bot.directory.service import Register, one_line
from bot.duty.model import Stretch
from bot.duty.rules.coverage import Period
from bot.duty.rules.walltime import zone
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import UserId

SHOWN_GAPS = 5


def place(organisation: Organisation) -> ZoneInfo:
    """Where its wall time is; UTC where no zone is known."""
    return zone(organisation.timezone) or ZoneInfo("UTC")


def clock(language: str, at: datetime, where: ZoneInfo, now: datetime | None = None) -> str:
    """``Mon 30 Nov 09:00``, with the year where it is another than ``now``; in UTC, and said so, where no zone is
    known."""
    local = at.astimezone(where)
    year = "" if now is None or local.year == now.astimezone(where).year else "y "
    said = format_datetime(local, f"EEE d MMM {year}HH:mm", locale=Locale.parse(language))
    return f"{said} UTC" if where.key == "UTC" else said


def of_place(language: str, organisation: Organisation, now: datetime) -> Rich:
    """Whose wall time it is that was said, for readers who live by another."""
    where = place(organisation)
    city = get_timezone_location(where.key, locale=Locale.parse(language), return_city=True)
    return say(language, "duty-times", place=city, now=clock(language, now, where))


def length(language: str, how_long: timedelta) -> Rich:
    """``45 min`` or ``15 h``."""
    minutes = int(how_long.total_seconds() // 60)
    if minutes < 120:
        return say(language, "duty-minutes", minutes=minutes)
    return say(language, "duty-hours", hours=minutes // 60)


def names(register: Register, people: Iterable[UserId]) -> Rich:
    """The directory's names."""
    found = [one_line(person.name if (person := register.person(user)) else str(user)) for user in people]
    return Rich(", ".join(f.plain for f in found), ", ".join(f.html for f in found))


def summary(
    language: str,
    register: Register,
    organisation: Organisation,
    role: str,
    stretches: Sequence[Stretch],
    gaps: Sequence[Period],
) -> list[Rich]:
    """Who is on duty now and until when, who is next, and when nobody will be."""
    where = place(organisation)
    now, *later = stretches
    head = {"organisation": one_line(str(organisation.handle)), "role": one_line(role)}
    if now.people:
        until = clock(language, now.end, where)
        lines = [say(language, "duty-now", **head, people=names(register, now.people).bold(), until=until)]
    else:
        lines = [say(language, "duty-nobody", **head)]
    following = next((stretch for stretch in later if stretch.people), None)
    if following is not None:
        at = clock(language, following.start, where)
        lines.append(say(language, "duty-next", people=names(register, following.people), at=at))
    lines += gap_lines(language, organisation, gaps)
    return lines


def gap_lines(language: str, organisation: Organisation, gaps: Sequence[Period]) -> list[Rich]:
    """Each gap with its length; that there is none is said too."""
    where = place(organisation)
    if not gaps:
        return [say(language, "duty-no-gaps")]
    lines = [say(language, "duty-gaps", count=len(gaps))]
    lines += [
        say(
            language,
            "duty-gap",
            start=clock(language, start, where),
            end=clock(language, end, where),
            length=length(language, end - start),
        )
        for start, end in gaps[:SHOWN_GAPS]
    ]
    if len(gaps) > SHOWN_GAPS:
        lines.append(say(language, "duty-gaps-more", count=len(gaps) - SHOWN_GAPS))
    return lines
