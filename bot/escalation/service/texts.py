"""What people read of an escalation: pages, the caller's status message, what the others are told."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_datetime, get_timezone_location

from bot.directory.rules.phone import tel
from bot.duty.rules.walltime import zone
from bot.escalation.model import Escalation, Page, PageState, Said, Severity, State, Trouble
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, code, link, quote
from bot.outbox.model import MAIL, is_outside
from bot.tlp import Tlp

PAGES_SHOWN = 8
TROUBLES_SHOWN = 6


@dataclass(frozen=True, slots=True)
class Reach:
    """How the caller may reach an organisation without enlace: what its entry lets this caller see."""

    whom: str
    phones: tuple[str, ...] = ()
    mails: tuple[str, ...] = ()
    fingerprint: str | None = None
    tlp: Tlp = Tlp.CLEAR
    """The most restrictive label of what is shown."""


def severity(language: str, which: Severity) -> Rich:
    """The severity as the language writes it, in capitals."""
    return say(language, f"severity-{which.value}")


def label(tlp: Tlp) -> Rich:
    """A label in FIRST's colours."""
    return Rich(str(tlp), f'<span data-mx-color="{tlp.colour}" data-mx-bg-color="#000000">{tlp}</span>').bold()


def clock_time(language: str, at: datetime, where: ZoneInfo | None, now: datetime) -> str:
    """``03:20``, or ``Mon 09:00`` on another day; in UTC, and said so, where the zone is not known."""
    local, today = at.astimezone(where or ZoneInfo("UTC")), now.astimezone(where or ZoneInfo("UTC")).date()
    pattern = (
        "HH:mm" if local.date() == today else "EEE HH:mm" if abs((local.date() - today).days) < 7 else "d MMM HH:mm"
    )
    said = format_datetime(local, pattern, locale=Locale.parse(language))
    return said if where is not None else f"{said} UTC"


def clock_time_in(language: str, at: datetime, where: ZoneInfo | None, now: datetime) -> str:
    """As :func:`clock_time`, with the zone's city: ``03:20 (São Paulo)``."""
    said = clock_time(language, at, where, now)
    if where is None:
        return said
    return f"{said} ({get_timezone_location(where.key, locale=Locale.parse(language), return_city=True)})"


def took(language: str, how_long: timedelta) -> Rich:
    """``40 s``, ``4 min``, ``2 h 5 min``."""
    seconds = max(int(how_long.total_seconds()), 0)
    if seconds < 60:
        return say(language, "escalation-took-seconds", seconds=seconds)
    if seconds < 7200:
        return say(language, "escalation-took-minutes", minutes=seconds // 60)
    return say(language, "escalation-took-hours", hours=seconds // 3600, minutes=seconds % 3600 // 60)


def caller_of(escalation: Escalation) -> str:
    """``CERT-MX (Ana Pérez)``."""
    caller = escalation.origin.caller
    return f"{caller.organisation} ({caller.name})"


# --- pages --------------------------------------------------------------------------------------------------


def page(
    language: str,
    escalation: Escalation,
    *,
    full: bool,
    deadline: datetime,
    there: ZoneInfo | None,
    here: ZoneInfo | None,
    now: datetime,
    rings_at: datetime | None = None,
) -> Rich:
    """A page to the called organisation; without details unless ``full``; a notice where it rings only later."""
    what, who = severity(language, escalation.severity), caller_of(escalation)
    if rings_at is None:
        head = say(language, "escalation-page-head", severity=what, who=who)
    else:
        when = clock_time(language, rings_at, there, now)
        head = say(language, "escalation-notice-head", severity=what, who=who, when=when)
    limit = clock_time_in(language, deadline, there, now)
    if deadline <= now:  # a step that is made late, or the last one
        line = say(language, "escalation-page-line-late", ref=code(escalation.ref))
    elif here is None or here == there:
        line = say(language, "escalation-page-line", ref=code(escalation.ref), there=limit)
    else:
        own = clock_time_in(language, deadline, here, now)
        line = say(language, "escalation-page-line-both", ref=code(escalation.ref), there=limit, here=own)
    rest = [words(language, escalation, there, now)] if full else [say(language, "escalation-page-bare")]
    return Rich.lines([head, line, *rest])


def words(language: str, escalation: Escalation, there: ZoneInfo | None, now: datetime) -> Rich:
    """What was said, each part directly after its label."""
    return Rich.lines(
        said_line(language, said, there, now, first=number == 0) for number, said in enumerate(escalation.said)
    )


def said_line(language: str, said: Said, there: ZoneInfo | None, now: datetime, *, first: bool) -> Rich:
    """One call's label, summary and details."""
    if first:
        head = say(language, "escalation-page-said", label=label(said.tlp), summary=said.summary)
    else:
        time = clock_time(language, said.at, there, now)
        head = say(
            language, "escalation-page-joined", name=said.name, time=time, label=label(said.tlp), summary=said.summary
        )
    return Rich.lines([head, quote(said.details)])


def joined(language: str, escalation: Escalation, said: Said, there: ZoneInfo | None, now: datetime) -> Rich:
    """What is shown where pages with details stand already, when another call joins."""
    head = say(language, "escalation-joined-head", ref=code(escalation.ref), who=caller_of(escalation))
    return Rich.lines([head, said_line(language, said, there, now, first=False)])


def page_beyond(language: str, escalation: Escalation, *, last: bool) -> Rich:
    """A page beyond the called organisation: only reference, severity, who calls whom."""
    whom = str(escalation.target.organisation)
    head = say(
        language,
        "escalation-beyond-last" if last else "escalation-beyond-head",
        severity=severity(language, escalation.severity),
        who=caller_of(escalation),
        whom=whom,
    )
    return Rich.lines([head, say(language, "escalation-beyond-line", ref=escalation.ref, whom=whom)])


def page_outside(language: str, escalation: Escalation) -> Rich:
    """A page by mail or webhook: the same, and where to answer; nobody can take it by answering a mail."""
    whom = str(escalation.target.organisation)
    head = say(
        language,
        "escalation-outside-head",
        severity=severity(language, escalation.severity),
        who=caller_of(escalation),
        whom=whom,
    )
    return Rich.lines([head, say(language, "escalation-outside-line", ref=escalation.ref)])


def page_unsealed(language: str, escalation: Escalation) -> Rich:
    """A letter that everybody on its way can read: only severity and reference."""
    what = severity(language, escalation.severity)
    return say(language, "escalation-outside-unsealed", severity=what, ref=escalation.ref)


def link_outside(language: str, url: str, until: datetime, there: ZoneInfo | None, now: datetime) -> Rich:
    """The link of a letter, for its encrypted form only."""
    return say(language, "escalation-outside-link", url=url, until=clock_time_in(language, until, there, now))


# --- the caller's status ------------------------------------------------------------------------------------


def status(
    language: str,
    escalation: Escalation,
    pages: Sequence[Page],
    reach: Reach,
    *,
    here: ZoneInfo | None,
    there: ZoneInfo | None,
    now: datetime,
) -> Rich:
    """One escalation in the caller's status message: how it stands, whom to phone, who was paged, what went wrong."""
    lines = [_headline(language, escalation, here, there, now)]
    if escalation.state is State.EXHAUSTED or (escalation.state.waiting and escalation.troubles):
        lines.append(reach_lines(language, reach))
    lines += [_page_line(language, page, here, now) for page in pages[-PAGES_SHOWN:]]
    if len(escalation.said) > 1:
        lines.append(say(language, "escalation-status-joined", count=len(escalation.said) - 1))
    if escalation.state.waiting:
        lines += [trouble(language, found) for found in escalation.troubles[-TROUBLES_SHOWN:]]
    return Rich.lines(lines)


def exhausted(language: str, escalation: Escalation, reach: Reach) -> Rich:
    """What rings the caller when every step was tried: whom to phone, and the number."""
    whom = str(escalation.target.organisation)
    return Rich.lines(
        [say(language, "escalation-told-exhausted", ref=escalation.ref, whom=whom), reach_lines(language, reach)]
    )


def reach_lines(language: str, reach: Reach) -> Rich:
    """Phone, mail and fingerprint; says so where there is no phone."""
    if reach.phones:
        phones = [link(href, number) if (href := tel(number)) else code(number) for number in reach.phones]
        lines = [say(language, "escalation-phone", whom=reach.whom, phones=_listed(phones))]
    else:
        lines = [say(language, "escalation-no-phone", whom=reach.whom)]
    if reach.mails:
        lines.append(say(language, "escalation-mail", whom=reach.whom, mails=_listed([code(m) for m in reach.mails])))
    if reach.fingerprint:
        lines.append(
            say(language, "escalation-fingerprint", whom=reach.whom, fingerprint=code(_in_fours(reach.fingerprint)))
        )
    return Rich.lines(lines)


def trouble(language: str, found: Trouble) -> Rich:
    """Why a step was empty or a page was lost."""
    mark = Rich("⚠ ", "⚠ ")
    if found.code == "declined" and found.why:
        return mark + say(language, "escalation-trouble-declined-why", who=found.who, why=found.why)
    return mark + say(language, f"escalation-trouble-{found.code}", who=found.who)


def _headline(
    language: str, escalation: Escalation, here: ZoneInfo | None, there: ZoneInfo | None, now: datetime
) -> Rich:
    whom, ref = str(escalation.target.organisation), escalation.ref
    what = severity(language, escalation.severity)
    due = escalation.position.due if escalation.position else now
    match escalation.state:
        case State.OPEN:
            opens = clock_time_in(language, due, there, now)
            return say(language, "escalation-status-open", ref=ref, severity=what, whom=whom, there=opens)
        case State.PAGING if any(found.code == "not-here" for found in escalation.troubles):
            return say(language, "escalation-status-not-here", ref=ref, severity=what, whom=whom)
        case State.PAGING:
            own = clock_time(language, due, here, now)
            return say(language, "escalation-status-paging", ref=ref, severity=what, whom=whom, here=own)
        case State.ACKNOWLEDGED:
            said = say(
                language,
                "escalation-status-acknowledged",
                name=escalation.taken_by.name if escalation.taken_by else "",
                whom=whom,
                took=took(language, (escalation.taken_at or now) - escalation.opened_at),
                ref=ref,
                severity=what,
            )
            return said + by_link(language, escalation)
        case State.EXHAUSTED:
            return say(language, "escalation-status-exhausted", ref=ref, whom=whom)
        case State.RESOLVED | State.CANCELLED:
            key = f"escalation-status-{escalation.state.value}"
            return say(language, key, ref=ref, whom=whom, name=escalation.closed_by or "")


def by_link(language: str, escalation: Escalation) -> Rich:
    """How it was taken, where that was not in a room."""
    return Rich(" · ", " · ") + say(language, "escalation-by-link") if escalation.taken_by_link else Rich()


def _page_line(language: str, page: Page, here: ZoneInfo | None, now: datetime) -> Rich:
    fate = "notice" if page.notice and page.state is not PageState.LOST else page.state.value
    if page.state is PageState.SENT and is_outside(page.room):
        fate = "mail" if page.room.startswith(MAIL) else "webhook"
    values: dict[str, str | int | Rich] = {
        "step": page.step + 1,
        "here": clock_time(language, page.paged_at, here, now),
        "name": page.name or (str(page.organisation) if is_outside(page.room) else say(language, "escalation-desk")),
        "fate": say(language, f"escalation-fate-{fate}"),
    }
    where = zone(page.zone)
    if where is None or where == here:
        return say(language, "escalation-status-page", **values)
    values["there"] = clock_time(language, page.paged_at, where, page.paged_at)
    return say(language, "escalation-status-page-there", **values)


def _listed(pieces: Sequence[Rich]) -> Rich:
    return Rich(" · ".join(p.plain for p in pieces), " · ".join(p.html for p in pieces))


def _in_fours(fingerprint: str) -> str:
    return " ".join(fingerprint[i : i + 4] for i in range(0, len(fingerprint), 4))
