"""What an exchange says in rooms."""

from collections.abc import Sequence

from bot.exchange.model import Author, Enclosure, Exchange, Progress
from bot.exchange.rules.attachment import readable_size
from bot.exchange.rules.sealed import unopened
from bot.i18n.catalogue import catalogue, say
from bot.i18n.rich import Rich, quote
from bot.ids import Ref
from bot.tlp import Tlp


def status_line(exchange: Exchange, progress: Progress) -> Rich:
    """What the sender sees: how many rooms and devices, and whether anybody has answered.

    Never "delivered to" or "read by" a person: only an answer proves that (chat.md, A delivered message)."""
    language = exchange.language
    others = list(dict.fromkeys(p.name for p in exchange.participants if not p.is_source))
    by_mail = [who for who, _ in progress.letters]
    to = ", ".join([*others, *by_mail])
    lines = [say(language, "exchange-status-head", ref=exchange.ref, label=str(exchange.tlp), to=to)]
    if others or not by_mail:
        rooms = say(
            language,
            "exchange-status",
            rooms=progress.rooms_reached,
            of_rooms=progress.rooms_meant,
            devices=progress.devices_reached,
            of_devices=progress.devices_meant,
            answers=progress.answers,
        )
        lines.append(rooms)
    if by_mail:
        taken = sum(done for _, done in progress.letters)
        who = ", ".join(by_mail)
        lines.append(say(language, "exchange-status-mail", who=who, taken=taken, of=len(by_mail)))
    for who, why in progress.held:
        users = progress.unverified.get(who, "") if why == "not-verified" else ""
        reason = say(language, "held-members", users=users) if users else say(language, f"held-{why or 'not-verified'}")
        lines.append(say(language, "exchange-status-held", who=who, why=reason))
    lines += [say(language, "exchange-status-lost", who=who, why=why_lost(language, why)) for who, why in progress.lost]
    lines += [say(language, f"exchange-note-{note}", label=str(exchange.tlp)) for note in exchange.notes]
    if progress.withdrawn:
        lines.append(say(language, "exchange-status-withdrawn" if others else "exchange-status-withdrawn-mail"))
    if not exchange.open:
        lines.append(say(language, "exchange-status-closed"))
    return Rich.lines(lines)


def first_copy(
    language: str,
    author: Author,
    tlp: Tlp,
    ref: Ref,
    subject: str,
    body: str,
    names: Sequence[str],
    others: Sequence[str],
    enclosure: Enclosure | None = None,
) -> Rich:
    """The first message of an exchange, as one of its recipients reads it."""
    who = f"{author.organisation} · {author.name}"
    label = Rich(str(tlp), f'<span data-mx-color="{tlp.colour}" data-mx-bg-color="#000000">{tlp}</span>').bold()
    back = ", ".join([author.organisation, *others])
    return Rich.lines(
        [
            say(language, "exchange-copy-head", who=who, subject=subject).bold(),
            say(language, "exchange-copy-label", label=label, ref=ref, to=", ".join(names)),
            quote(body),
            unopened_line(language, body),
            file_line(language, enclosure),
            say(language, "exchange-copy-foot", back=back),
        ]
    )


def letter(
    language: str,
    author: Author,
    tlp: Tlp,
    ref: Ref,
    subject: str,
    body: str,
    names: Sequence[str],
    ways: Rich,
) -> str:
    """The same as an organisation reads it that is not on enlace; ``ways``: how the author's is reached."""
    who = f"{author.organisation} · {author.name}"
    foot = say(language, "exchange-letter-foot", who=str(author.organisation), ways=ways)
    if not ways:
        foot = say(language, "exchange-letter-foot-bare", who=str(author.organisation))
    head = [
        say(language, "exchange-copy-head", who=who, subject=subject),
        say(language, "exchange-copy-label", label=str(tlp), ref=ref, to=", ".join(names)),
    ]
    text = [*(one.plain for one in head), "", quote(body.strip("\n")).plain, "", foot.plain]
    return "\n".join(text) + "\n"


def line(language: str, author: Author, tlp: Tlp, text: str, enclosure: Enclosure | None = None) -> Rich:
    """What somebody said in their thread, as the others read it."""
    head = say(language, "exchange-reply-head", who=f"{author.organisation} · {author.name}", label=str(tlp))
    return Rich.lines([head, quote(text), unopened_line(language, text), file_line(language, enclosure)])


def unopened_line(language: str, text: str) -> Rich:
    """That enlace cannot read it, where its author has encrypted it; else empty."""
    return say(language, "exchange-note-unopened") if unopened(text) else Rich()


def file_line(language: str, enclosure: Enclosure | None) -> Rich:
    """The file that goes along, for clients that show a caption without the file's name; empty without one."""
    if enclosure is None:
        return Rich()
    return say(language, "exchange-file", name=quote(enclosure.name), size=readable_size(enclosure.size))


def why_lost(language: str, reason: str) -> Rich:
    """Why a copy was not delivered, as far as there are words for it."""
    key = f"lost-{reason}"
    return say(language, key) if key in catalogue().messages[language] else say(language, "lost-other", reason=reason)
