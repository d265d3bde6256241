"""One function for each reader: it takes any text and raises AssertionError (or whatever the reader lets out)."""

import re
import unicodedata
from collections.abc import Callable
from datetime import timedelta
from html.parser import HTMLParser

from bot.commands.answers import read_answer
from bot.commands.parse import Typed, Unknown, plain_line, read_command, said
from bot.commands.registry import Registry
from bot.directory.rules.naming import fold
from bot.directory.rules.resolve import knows
from bot.directory.rules.search import Search
from bot.directory.rules.targets import SEVERITIES, parse_targets
from bot.errors import NotDone
from bot.exchange.model import Author
from bot.exchange.rules.attachment import LONGEST, ROOM, clean_name
from bot.exchange.service.texts import first_copy
from bot.i18n.catalogue import catalogue
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
OPTIONS = {"tlp", "strict", "", *SPELLED, *SEVERITIES}
"""Words that are read as an option and not handed on."""


def command(text: str) -> None:
    """Nothing is raised; what is taken for a command hands on all its words; a mark is never talk."""
    content = {"msgtype": "m.text", "body": text}
    read = read_command(content, BOT, WORDS, "es")
    speech = said(content, BOT).text
    if isinstance(read, Typed | Unknown):
        handed = f"{read.first_line}\n{read.body}"
        assert _letters(speech) in (_letters(read.word + handed), _letters(handed)), (text, read)
    elif speech.lstrip("\ufeff \t\r\n").startswith("!"):
        assert read_answer(speech) is not None or not any(c.isalnum() for c in speech), text
    if isinstance(read, Unknown):
        html(catalogue().error("es", read.error()).plain)


def targets(line: str) -> None:
    """Only an unclear label is refused; every word is a target, an option, the subject, or said to be left over."""
    line = plain_line(line)  # as the command parser hands it on
    for with_severity in (False, True):
        try:
            read = parse_targets(line, lambda who: knows(SEARCH, who), with_severity=with_severity)
        except UnclearLabel:
            continue
        handed = " ".join([*(target.text for target in read.targets), *read.leftovers, read.rest])
        lost = [run for run in _runs(line) if run not in handed]
        assert all(_option(run) for run in lost), (line, read, lost)
        assert read.tlp is not None or not any(fold(run) in SPELLED and fold(run) not in SEVERITIES for run in lost)
        assert all(target.text and target.who is not None for target in read.targets), (line, read)


def label(text: str) -> None:
    """What is read as a label says that label and nothing else; what is read once is read again."""
    try:
        read = parse(text)
    except UnclearLabel as error:
        html(catalogue().error("en", error).plain)
        return
    letters = "".join(c for c in text.casefold() if c.isalpha()).removeprefix("tlp")
    assert SPELLED.get(letters) is read, text
    assert parse(str(read)) is read


def statement(text: str) -> None:
    """It is refused with one of the reader's own errors, or it is what was written: composing it gives it again."""
    try:
        read = statements.parse(text)
    except NotAccepted as error:
        html(catalogue().error("es", error).plain)
        return
    assert read.devices
    plain = {"organisation": read.organisation, "person": read.person, "user": read.user, "room": read.room}
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
    assert [c for c in unicodedata.normalize("NFC", text) if unicodedata.category(c)[0] in "LNPS"] == [
        c for c in clean if unicodedata.category(c)[0] in "LNPS"
    ], "every letter, digit and sign is still there"
    for piece in (quote(text), code(text), quote(text).bold(), Rich.lines([quote(text), code(text)])):
        _same_in_both(piece, TAGS)
    _same_in_both(link("https://example.org/?a=1&b=2", text), {("a", (("href", "https://example.org/?a=1&b=2"),))})
    _same_in_both(link("tel:" + text, "call"), None)
    author = Author(UserId("@a:b.c"), text, Handle("CERT-MX"), "verified")
    copy = first_copy("es", author, Tlp.AMBER, Ref("MSG-7F3KQ"), text, text, [text], [text])
    label = (("data-mx-bg-color", "#000000"), ("data-mx-color", Tlp.AMBER.colour))
    _same_in_both(copy, TAGS | {("span", label)})
    assert copy.plain.count(clean) >= 2


def answer(text: str) -> None:
    """Nothing is raised, and only one word answers."""
    read = read_answer(text)
    if read is not None:
        assert (read.yes is None) != (read.number is None)
        assert read.number is None or 1 <= read.number <= 99


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
    "command": ["!whois MX", "¡ QUIÉN @ana:cert.mx llave", "@enlace send BR tlp:amber\nx\ny", "！ok"],
    "targets": [
        'MX, "Costa Rica"/diplomatic/247 net:oas-cbm tlp:amber+strict critical: down',
        "@ana:cert.mx CERT-BR alta TLP : GREEN asunto",
        "«Corea» JPCERT/CC es urgente",
    ],
    "label": ["TLP:AMBER+STRICT", "tlp white", "Amber–strict", "ＴＬＰ:red"],
    "statement": [
        statements.HEADING + "\nOrganisation: CERT-MX\nPerson: Ana\nMatrix user: @ana:cert.mx\nDevice: ABCDEFG "
        "A1B2 C3D4 E5F6 G7H8 I9J0 K1L2 M3N4 O5P6 Q7R8 S9T0 Abc\nRoom: !r:cert.mx\nNonce: 7F3KQ\n"
        "Issued: 2026-11-22T06:00:00Z\nExpires: 2027-05-22T06:00:00Z\n",
    ],
    "html": ["<b>x</b> & **y** `z`", "\u202eabc\u2066", "\ue0000\ue001", "a\r\nb\u2028c", "&amp;lt;script&gt;"],
    "answer": ["ok", "👍🏽", "> <@a:b> x\n\n sí", "②", "no."],
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


def _runs(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", unicodedata.normalize("NFC", text))


def _letters(text: str) -> str:
    return "".join(_runs(text))


def _option(run: str) -> bool:
    return fold(run).replace(" ", "") in OPTIONS


__all__ = ["PROPERTIES", "SEEDS", "NotDone"]
