"""One function for each reader: it takes any text and raises AssertionError (or whatever the reader lets out)."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

from bot.commands.answers import fold as fold_word
from bot.commands.answers import read_answer
from bot.commands.parse import Typed, Unknown, plain_line, read_command, said
from bot.commands.registry import Registry
from bot.directory.rules.naming import fold
from bot.directory.rules.resolve import knows
from bot.directory.rules.search import Search
from bot.directory.rules.targets import LONGEST_TARGET, SEVERITIES, TargetsTooLong, parse_targets
from bot.errors import NotDone
from bot.exchange.model import Author
from bot.exchange.rules.attachment import LONGEST, ROOM, clean_name
from bot.exchange.service.texts import first_copy, letter, unopened_line
from bot.exchange.service.texts import line as reply_line
from bot.i18n.catalogue import LONGEST_VALUE, catalogue
from bot.i18n.rich import Rich, code, link, neutral, quote
from bot.ids import Handle, Ref, UserId
from bot.tlp import Tlp, UnclearLabel, parse
from keys import statement as statements
from keys.errors import NotAccepted
from tests.unit.directory.directory_of import entries

BOT = UserId("@enlace:bot.example.org")
WORDS = Registry.load().words()
SEARCH = Search(entries())
SPELLED = {
    "clear": Tlp.CLEAR,
    "white": Tlp.CLEAR,
    "green": Tlp.GREEN,
    "amber": Tlp.AMBER,
    "amberstrict": Tlp.AMBER_STRICT,
    "red": Tlp.RED,
}
TAGS = {("strong", ()), ("br", ()), ("code", ()), ("code", (("dir", "ltr"),))}
SNOWMAN = "\u2603\u2603"
"""Stands for a text where the same is said of another."""
AUTHOR = Author(UserId("@a:b.c"), "Ana", Handle("CERT-MX"), "verified")
REF = Ref("MSG-7F3KQ")
OPTIONS = {"tlp", "strict", "", *SPELLED, *SEVERITIES}
"""Words that are read as an option and not handed on."""
_TAKEN_OFF = re.compile(
    r"[\s\ufeff]*(?:(?:@enlace(?::bot\.example\.org)?|\[[^\]\n]*\]\([^)\s]*\))[:,]?\s*)?", re.IGNORECASE
)
"""What may stand before what is said: the bot's name."""
_BETWEEN = set(',،，、;；"“”„«»＂:：-–—+_.·')
"""Signs that stand between targets and options."""
_WORD = re.compile(r"[^\s,،，、;；\"“”„«»＂]+")
_QUOTE_SIGNS = set("\"“”„‟«»″＂'‘’‚‛′＇")
_BREAK = re.compile("\r\n|[\n\r\x0b\x0c\x85\u2028\u2029]")


def command(text: str) -> None:
    """Nothing is raised; what is taken for a command hands on all its words, the lines below byte for byte; a mark is
    never talk, and only a quotation and the bot's name are taken off."""
    pill = f"<a href='https://matrix.to/#/{BOT}'>{text[:40]}</a>{text}"
    extras: list[dict[str, object]] = [
        {},
        {"m.mentions": {"user_ids": [BOT]}},
        {"format": "org.matrix.custom.html", "formatted_body": pill},
        {"format": "org.matrix.custom.html", "formatted_body": text},
    ]
    for extra in extras:
        content = {"msgtype": "m.text", "body": text, **extra}
        read = read_command(content, BOT, WORDS, "es")
        speech = said(content, BOT).text
        assert text.endswith(speech), text
        own = [line for line in text.removesuffix(speech).split("\n") if not line.startswith(">")]
        assert extra or _TAKEN_OFF.fullmatch("".join(own)), (text, speech)
        above, _, below = speech.lstrip("\ufeff \t\r\n").partition("\n")
        line = plain_line(above)
        assert plain_line(line) == line
        assert _seen(line) == _seen(above), (line, above)
        if isinstance(read, Typed | Unknown):
            assert read.body == below, (text, read)
            assert line.endswith(read.first_line), (line, read)
            front = line[: len(line) - len(read.first_line)].strip()
            assert front.lstrip("!！¡ ").rstrip(":,;.!?！：， ") in (read.word, ""), (line, read)
            assert front.strip("!！¡ ") or read.first_line or not any(map(str.isalnum, line)), (line, read)
        elif line.startswith(("!", "！")):
            assert read_answer(speech) is not None or not any(c.isalnum() for c in speech), text
        if isinstance(read, Unknown):
            html(catalogue().error("es", read.error()).plain)


def targets(line: str) -> None:
    """Refused are an unclear label and what nobody types; every word is a target, an option, the subject, or said to
    be left over."""
    line = plain_line(line)  # as the command parser hands it on
    for with_severity in (False, True):
        try:
            read = parse_targets(line, lambda who: knows(SEARCH, who), with_severity=with_severity)
        except UnclearLabel:
            assert "tlp" in line.casefold()
            continue
        except TargetsTooLong:
            assert len(line) > LONGEST_TARGET
            continue
        handed = " ".join([*(target.text for target in read.targets), *read.leftovers, read.rest])
        lost = [run for run in _runs(line) if run not in handed]
        assert all(_option(run) for run in lost), (line, read, lost)
        words = [word for word in _WORD.findall(line) if not (_runs(word) and all(map(_option, _runs(word))))]
        signs = {c for word in words for c in word if not c.isalnum()} - _BETWEEN
        assert signs <= set(handed), (line, read, signs - set(handed))
        assert line.endswith(read.rest)
        assert read.tlp is not None or not any(fold(run) in SPELLED and fold(run) not in SEVERITIES for run in lost)
        assert all(target.text and target.who is not None for target in read.targets), (line, read)


def label(text: str) -> None:
    """What is read as a label says that label and nothing else; what is read once is read again."""
    try:
        read = parse(text)
    except UnclearLabel as error:
        said_of_it = catalogue().error("en", error)
        _same_in_both(said_of_it, TAGS)
        assert neutral(text[:LONGEST_VALUE]) in said_of_it.plain
        return
    letters = "".join(c for c in text.casefold() if c.isalpha()).removeprefix("tlp")
    assert SPELLED.get(letters) is read, text
    assert parse(str(read)) is read


def statement(text: str) -> None:
    """It is refused with one of the reader's own errors, or every line of it is in what was read, and composing that
    gives it again."""
    try:
        read = statements.parse(text)
    except NotAccepted as error:
        html(catalogue().error("es", error).plain)
        return
    assert read.devices
    plain = {"organisation": read.organisation, "person": read.person, "user": read.user, "room": read.room}
    fields = {
        "Organisation": read.organisation,
        "Person": read.person,
        "Matrix user": read.user,
        "Room": read.room,
        "Nonce": read.nonce,
    }
    known = {_squeezed(statements.HEADING), *(_squeezed(f"{name}:{value}") for name, value in fields.items())}
    known |= {_squeezed(f"Device:{device.device_id}{device.ed25519}") for device in read.devices}
    times = {"Issued": read.issued, "Expires": read.expires}
    for line in filter(None, map(_squeezed, text.split("\n"))):
        name, _, value = line.partition(":")
        if name in times:
            assert [int(number) for number in re.findall(r"\d+", value)] == list(times[name].timetuple()[:6]), line
        else:
            assert line in known or line.rstrip("=") in known, (line, read)
    again = statements.compose(**plain, nonce=read.nonce, issued=read.issued, expires=read.expires)
    device = next(iter(read.devices))
    again = again.replace(statements.BLANK_DEVICE, f"{device.device_id} {device.ed25519}")
    once_more = statements.parse(again)
    assert once_more.issued == read.issued
    assert once_more.expires - read.expires == timedelta()
    assert [getattr(once_more, name) for name in plain] == list(plain.values())
    flat = " ".join(text.split())
    assert all(" ".join(value.split()) in flat for value in plain.values()), read


def html(text: str) -> None:
    """Whatever somebody writes is text in both forms, the same in both, and hides and reorders nothing."""
    clean = neutral(text)
    assert neutral(clean) == clean
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Co", "Cs", "Cn"} or c in "\n\t\u200c\u200d" for c in clean)
    assert _visible(text) == _visible(clean), "every letter, mark, digit and sign is still there"
    assert clean.count("\n") == len(_BREAK.findall(text)), "every line is still one"
    flat = clean.replace("\n", " ")
    pieces = [quote(text), code(text), quote(text).bold(), link("https://example.org/?a=1&b=2", text)]
    assert [piece.plain for piece in pieces] == [clean, flat, clean, flat]
    for piece in (*pieces[:3], Rich.lines(pieces[:3])):
        _same_in_both(piece, TAGS)
    assert Rich.lines(pieces * 3).plain == "\n".join([clean, flat, clean, flat] * 3 if clean else [])
    _same_in_both(pieces[3], {("a", (("href", "https://example.org/?a=1&b=2"),))})
    _same_in_both(link("tel:" + text, "call"), None)
    _messages(text, clean)


def _messages(text: str, clean: str) -> None:
    """What people are shown holds it whole, and around it nothing else than around anything else."""
    shown = (("data-mx-bg-color", "#000000"), ("data-mx-color", Tlp.AMBER.colour))
    for render in (_as_author, _as_subject, _as_body, _as_name, _as_line):
        piece = render(text)
        _same_in_both(piece, TAGS | {("span", shown)})
        note = unopened_line("es", text).plain if render in (_as_body, _as_line) else ""
        around = render(SNOWMAN).plain.split(SNOWMAN)
        assert len(around) == 2
        assert not clean or piece.plain == (f"{clean}\n{note}" if note else clean).join(around)
    assert _as_letter(text) == neutral(text.strip("\n")).join(_as_letter(SNOWMAN).split(SNOWMAN))


def _as_author(text: str) -> Rich:
    return first_copy("es", replace(AUTHOR, name=text), Tlp.AMBER, REF, "s", "b", ["n"], ["o"])


def _as_subject(text: str) -> Rich:
    return first_copy("es", AUTHOR, Tlp.AMBER, REF, text, "b", ["n"], ["o"])


def _as_body(text: str) -> Rich:
    return first_copy("es", AUTHOR, Tlp.AMBER, REF, "s", text, ["n"], ["o"])


def _as_name(text: str) -> Rich:
    return first_copy("es", AUTHOR, Tlp.AMBER, REF, "s", "b", [text], ["o"])


def _as_line(text: str) -> Rich:
    return reply_line("es", AUTHOR, Tlp.AMBER, text)


def _as_letter(text: str) -> str:
    return letter("es", AUTHOR, Tlp.AMBER, REF, "s", text, ["n"], Rich())


def answer(text: str) -> None:
    """Nothing is raised, and only one word answers."""
    read = read_answer(text)
    if read is not None:
        assert (read.yes is None) != (read.number is None)
        assert read.number is None or 1 <= read.number <= 99
        own = "\n".join(line for line in text.split("\n") if not line.startswith(">"))
        toned = "".join(c for c in fold_word(own) if unicodedata.category(c) != "Sk")  # of emoji
        assert len(_runs(toned)) <= 1, text


def filename(text: str) -> None:
    """A name of one harmless line with at most one extension of what a machine runs."""
    name = clean_name(text)
    assert name
    assert len(name.encode()) <= LONGEST
    assert name.isprintable()
    assert not set(name) & set('/\\:*?"<>|')
    assert len(name.encode()) > LONGEST - ROOM or clean_name(name) == name
    assert not re.search(
        r"\.(pdf|docx?|xlsx?|csv|txt|png|jpe?g)\s*\.(exe|scr|com|bat|cmd|js|lnk)$", name, re.IGNORECASE
    )


PROPERTIES: dict[str, Callable[[str], None]] = {
    function.__name__: function for function in (command, targets, label, statement, html, answer, filename)
}
SEEDS = {
    "command": [
        "!whois MX",
        "> <@ana:cert.mx> before\n> more\n\n!send BR: <b>. 🇲🇽\n\n  two\r\n> <@b:c> three \n\n",
        "!a\u202e\u0301",
        "@enlace: ?whois\tMX 🇲🇽",
        "¡ QUIÉN @ana:cert.mx llave",
        "@enlace send BR tlp:amber\nx\ny",
        "！ok",
    ],
    "targets": [
        'MX, "Costa Rica"/diplomatic/247 net:oas-cbm tlp:amber+strict critical: down',
        "@ana:cert.mx CERT-BR alta TLP : GREEN asunto",
        "«Corea» JPCERT/CC es urgente",
        '\ufffdmedium"tcnt',
    ],
    "label": ["TLP:AMBER+STRICT", "tlp white", "Amber–strict", "ＴＬＰ:red"],
    "statement": [
        statements.HEADING + "\n> Organisation: CERT-MX\nPerson: Ana\nMatrix user: @ana:cert.mx\nDevice: ABCDEFG "
        "A1B2 C3D4 E5F6 G7H8 I9J0 K1L2 M3N4 O5P6 Q7R8 S9T0 Abc\nDevice: HIJKLMN "
        "B1B2 C3D4 E5F6 G7H8 I9J0 K1L2 M3N4 O5P6 Q7R8 S9T0 Abc\n\nRoom: !r:cert.mx\nNonce: 7F3KQ\n"
        "Issued: 2026-11-22T06:00:00Z\nExpires: 2027-05-22T06:00:00Z\n",
        statements.HEADING + "\nOrganisation: CERT-MX\nPerson: Ana\u202e\nMatrix user: @ana:cert.mx\nDevice: ABCDEFG "
        "A1B2 C3D4 E5F6 G7H8 I9J0 K1L2 M3N4 O5P6 Q7R8 S9T0 Abc\nRoom: !r:cert.mx\nNote: more\nRoom: !other:cert.mx\n"
        "and this\nNonce: 7F3KQ\nIssued: 2026-11-22T06:00:00Z\nExpires: 2027-13-22T06:00:00Z\n",
        statements.HEADING + "\nOrganisation: CERT-MX\nPerson: Ana\nMatrix user: @ana:cert.mx\nDevice: ABCDEFG "
        "A1B2 C3D4 E5F6 G7H8 I9J0 K1L2 M3N4 O5P6 Q7R8 S9T0 Abc\nRoom: !r:cert.mx\nNonce: 7F3KQ\n"
        "Issued: 2026-11-22T06:00:00Z\nExpires: 2027-05-22T06:00:00Z\n",
    ],
    "html": [
        "<b>x</b> & **y** `z`",
        "\u202eabc\u2066",
        "\ue0000\ue001",
        "a\r\nb\u2028c\rd\x0be\x85f",
        "a\u202e\u0301",
        "a\n\n",
        "-----BEGIN PGP MESSAGE-----\n\nAAAA\n",
        "&amp;lt;script&gt;",
    ],
    "answer": ["ok", "n🏻o.", "👍🏽", "> <@a:b> x\n\n sí", "②", "no."],
    "filename": ["invoice\u202efdp.exe", "../x.tar.gz", "r\u00e9sum\u00e9.pdf .scr", "con.txt", "a\uff0eb"],
}


class _Reading(HTMLParser):
    """What a client makes of it: text, and the tags around it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.text: list[str] = []
        self.tags: list[tuple[str, tuple[tuple[str, str | None], ...]]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(sorted(attrs))))
        if tag == "br":
            self.text.append("\n")
        else:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        assert "\n" not in data, "a line break that no client shows"
        self.text.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a comment: {data!r}")

    def handle_decl(self, decl: str) -> None:
        raise AssertionError(f"a declaration: {decl!r}")

    def handle_pi(self, data: str) -> None:
        raise AssertionError(f"an instruction: {data!r}")

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(f"a declaration: {data!r}")


def _same_in_both(piece: Rich, tags: set[tuple[str, tuple[tuple[str, str], ...]]] | None) -> None:
    reading = _Reading()
    reading.feed(piece.html)
    reading.close()
    assert "".join(reading.text) == piece.plain, piece
    assert reading.open == []
    if tags is not None:
        assert set(reading.tags) <= tags, (reading.tags, piece)
    else:
        assert {tag for tag, _ in reading.tags} == {"a"}
        assert [name for _, attributes in reading.tags for name, _ in attributes] == ["href"]


def _visible(text: str) -> str:
    """What is to be seen of a text, apart from how it is composed."""
    return unicodedata.normalize("NFD", "".join(c for c in text if unicodedata.category(c)[0] in "LMNPS"))


def _seen(line: str) -> str:
    """The same of a line whose quotation marks may be of any kind."""
    return _visible("".join('"' if c in _QUOTE_SIGNS else c for c in line))


def _squeezed(line: str) -> str:
    """A line of a statement without what clients put before it and without spaces."""
    return re.sub(r"[\s\ufeff]", "", re.sub(r"^[\s\ufeff>]*", "", line))


def _runs(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text))


def _option(run: str) -> bool:
    return fold(run).replace(" ", "") in OPTIONS


__all__ = ["PROPERTIES", "SEEDS", "NotDone"]
