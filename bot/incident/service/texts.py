"""What an incident's room and its opener read."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import quote as percent

from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, link, quote
from bot.ids import RoomId
from bot.incident.model import Happening, Incident, Line, Presence
from bot.tlp import Tlp

PART = 44_000
"""Bytes (:func:`size`) of one part of a report: in base64 and with what is around it, it fits an event (65 536 bytes,
Matrix v1.19, "Size limits")."""

CARD = 20_000
"""As :data:`PART`, of the card: an edit carries it twice."""
LINES = 14_000
"""As :data:`PART`, of the lines of the timeline in a status; the card has the rest."""
LINE = 500
"""Characters of one of these lines."""


def label(tlp: Tlp) -> Rich:
    """The label in FIRST's colours (TLP 2.0)."""
    return Rich(str(tlp), f'<span data-mx-color="{tlp.colour}" data-mx-bg-color="#000000">{tlp}</span>').bold()


def instant(at: datetime) -> str:
    """Minute and zone: rooms span time zones, so always UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def room_link(room: RoomId, via: str) -> Rich:
    """A matrix.to link (Matrix v1.19, appendix "matrix.to navigation"); room ids of version 12 name no server."""
    href = f"https://matrix.to/#/{percent(room, safe='')}?via={percent(via, safe='')}"
    return link(href, href)


def size(text: Rich) -> int:
    """The bytes that both forms take in an event, before it is encrypted."""
    return len(json.dumps([text.plain, text.html], ensure_ascii=False).encode())


def head(incident: Incident, language: str) -> Rich:
    """Severity, reference, code name."""
    return say(
        language,
        "incident-head",
        severity=say(language, f"severity-{incident.severity.value}"),
        ref=incident.ref,
        name=incident.code_name,
    )


def card(incident: Incident, language: str) -> Rich:
    """The pinned status card: only for whoever takes part."""
    return _card_within(CARD, incident, language, say(language, "incident-card-cut"))


def _card(incident: Incident, language: str, summary: Rich) -> Rich:
    return Rich.lines(
        [
            head(incident, language),
            say(
                language,
                "incident-label",
                label=label(incident.tlp),
                state=say(language, f"incident-state-{incident.state.value}"),
            ),
            quote(incident.title).bold(),
            summary,
            *facts(incident, language),
            say(language, "incident-card-foot") if incident.state.running else Rich(),
        ]
    )


def _card_within(most: int, incident: Incident, language: str, cut: Rich) -> Rich:
    """In so many bytes (:func:`size`): the summary is shortened where that takes it, and ``cut`` says so."""
    whole = _card(incident, language, quote(incident.summary))
    if size(whole) <= most:
        return whole
    beginning, left = incident.summary, most - size(_card(incident, language, cut))
    while beginning and size(quote(beginning)) > left:
        beginning = beginning[: len(beginning) * 9 // 10]
    return _card(incident, language, Rich.lines([quote(f"{beginning}…"), cut]))


def status(incident: Incident, language: str, lines: Sequence[Line]) -> Rich:
    """The card, and these lines of the timeline below it, shortened so that it all fits into a message."""
    shown: list[Rich] = []
    for entry in reversed(lines):
        short = line(replace(entry, text=_clip(entry.text, LINE), quoted=_clip(entry.quoted, LINE // 4)), language)
        if sum(map(size, shown)) + size(short) > LINES:
            break
        shown.insert(0, short)
    title = say(language, "incident-last").bold()
    text = Rich.lines([_card_within(PART - LINES, incident, language, Rich()), title, *shown])
    whole = [_card(incident, language, quote(incident.summary)), title, *(line(entry, language) for entry in lines)]
    return text if text == Rich.lines(whole) else Rich.lines([text, say(language, "incident-status-cut")])


def _clip(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def facts(incident: Incident, language: str) -> list[Rich]:
    """Who commands, which organisations, since when: what coordinators may read too."""
    commander = incident.commander
    return [
        say(language, "incident-commander", name=commander.name, organisation=commander.organisation),
        say(language, "incident-organisations", names=", ".join(incident.organisations)),
        say(language, "incident-people", count=len(incident.present)),
        say(language, "incident-opened-at", at=instant(incident.opened_at)),
        say(language, "incident-closed-at", at=instant(incident.closed_at), who=incident.closed_by or "–")
        if incident.closed_at
        else Rich(),
    ]


def line(entry: Line, language: str) -> Rich:
    """One line of the timeline."""
    text = say(
        language,
        f"incident-line-{entry.happening.value}",
        at=instant(entry.at),
        who=entry.who,
        text=entry.text,
    )
    if entry.happening is Happening.NOTE and (entry.quoted or entry.about):
        # An event id tells what the note was about even where the message could not be read any more.
        text += say(language, "incident-line-about", what=entry.quoted or str(entry.about))
    return text


def report(incident: Incident, lines: Sequence[Line], language: str) -> list[Rich]:
    """The after-action report, in as many parts as fit into messages: who, when, the timeline.

    It is of the moment of closing, so that a part that is posted again continues those that stand."""
    closed = incident.closed_at or incident.opened_at
    incident = replace(
        incident,
        people=tuple(
            replace(p, presence=Presence.INVITED) if p.since > closed else p
            for p in sorted(incident.people, key=lambda p: p.user)
        ),
    )
    people = [f"{p.name} ({p.organisation})" if p.organisation else p.name for p in incident.present]
    top = [
        say(language, "incident-report-title", ref=incident.ref, name=incident.code_name),
        label(incident.tlp),
        quote(incident.title).bold(),
        quote(incident.summary),
        say(language, "incident-report-who").bold(),
        *facts(incident, language),
        say(language, "incident-report-people", names=", ".join(people)),
        say(language, "incident-report-lasted", minutes=int((closed - incident.opened_at).total_seconds() // 60)),
        say(language, "incident-report-timeline").bold(),
    ]
    parts = list(_parts([*top, *(line(entry, language) for entry in lines if entry.at <= closed)]))
    if len(parts) == 1:
        return parts
    return [
        Rich.lines(
            [
                say(language, "incident-report-part", ref=incident.ref, number=number, of=len(parts)),
                label(incident.tlp),
                part,
            ]
        )
        for number, part in enumerate(parts, 1)
    ]


def _parts(pieces: Iterable[Rich]) -> Iterator[Rich]:
    held: list[Rich] = []
    taken = 0
    for piece in (part for whole in pieces for part in _pieces(whole)):
        more = size(piece)
        if held and taken + more > PART:
            yield Rich.lines(held)
            held, taken = [], 0
        held.append(piece)
        taken += more
    yield Rich.lines(held)


def _pieces(text: Rich) -> Iterator[Rich]:
    """The text, in halves of halves if it is too large for a part; between words where there are any."""
    if size(text) <= PART:
        yield text
        return
    plain, middle = text.plain, len(text.plain) // 2
    at = plain.rfind("\n", middle // 2, middle) + 1 or plain.rfind(" ", middle // 2, middle) + 1 or middle
    for half in (plain[:at], plain[at:]):
        yield from _pieces(quote(half))
