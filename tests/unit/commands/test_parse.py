"""From what people type to a command: never raises, never loses text."""

import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.commands.answers import fold
from bot.commands.parse import (
    Meaning,
    MistypedCommand,
    NoCommand,
    Typed,
    Unknown,
    UnknownCommand,
    plain_line,
    read_command,
)
from bot.i18n.catalogue import catalogue
from bot.ids import UserId

BOT = UserId("@enlace:example.org")
LINK = "https://matrix.to/#/@enlace:example.org"
WORDS = {
    "help": Meaning("help", ("en",)),
    "ayuda": Meaning("help", ("es",)),
    "whois": Meaning("whois", ("en", "es")),
    "quien": Meaning("whois", ("es",)),
    "send": Meaning("send", ("en",)),
    "enviar": Meaning("send", ("es",)),
    "ack": Meaning("ack", ("en",)),
}


def read(body: Any, room_language: str = "es", **content: Any) -> Typed | Unknown | None:
    return read_command({"msgtype": "m.text", "body": body, **content}, BOT, WORDS, room_language)


def typed(body: str, **content: Any) -> Typed:
    found = read(body, **content)
    assert isinstance(found, Typed), found
    return found


@pytest.mark.parametrize(
    "body",
    [
        "!whois BR",
        "¡whois BR",
        "！whois BR",
        "! whois BR",
        "!\u00a0whois\u00a0BR",
        "  !whois   BR  ",
        "!WHOIS BR",
        "!whois: BR",
        "\ufeff!whois BR",
        "\n!whois BR",
        "!who\u200bis BR",
        "！　ｗｈｏｉｓ　BR",
    ],
)
def test_a_mark_and_a_known_word(body: str) -> None:
    found = typed(body)
    assert (found.name, found.first_line, found.body) == ("whois", "BR", "")


@pytest.mark.parametrize("body", ["!quién BR", "!QUIÉN BR", "!quie\u0301n BR", "!quien BR", "¡Quién BR"])
def test_accents_and_case_do_not_matter(body: str) -> None:
    assert (typed(body).name, typed(body).language) == ("whois", "es")


@pytest.mark.parametrize(
    ("body", "room", "language"),
    [
        ("!help", "es", "en"),
        ("!ayuda", "en", "es"),
        ("!whois BR", "es", "es"),
        ("!whois BR", "en", "en"),
        ("!whois BR", "pt", "en"),
    ],
)
def test_the_language_is_that_of_the_word(body: str, room: str, language: str) -> None:
    found = read(body, room)
    assert isinstance(found, Typed)
    assert found.language == language


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("@enlace whois BR", {}),
        ("@enlace: whois BR", {}),
        ("@Enlace, !whois BR", {}),
        ("@enlace\nwhois BR", {}),
        ("@enlace:example.org whois BR", {}),
        ("@enlace:example.org: whois BR", {}),
        ("enlace: whois BR", {"m.mentions": {"user_ids": [BOT]}}),
        (
            "Enlace Bot: whois BR",
            {"formatted_body": f'<a href="{LINK}">Enlace Bot</a>: whois BR'},
        ),
        (
            "E & B whois BR",
            {"formatted_body": '<p><a href="https://matrix.to/#/%40enlace%3Aexample.org">E &amp; B</a> whois BR</p>'},
        ),
        ("bot whois BR", {"formatted_body": '<a href="matrix:u/enlace:example.org">bot</a> whois BR'}),
        ("[bot](https://matrix.to/#/@enlace:example.org) whois BR", {}),
        (
            "> <@ana:cert.mx> hi\n\nbot whois BR",
            {"formatted_body": f'<mx-reply>x</mx-reply><a href="{LINK}">bot</a> whois BR'},
        ),
    ],
)
def test_calling_the_bot_first(body: str, content: dict[str, Any]) -> None:
    found = typed(body, **content)
    assert (found.name, found.first_line, found.body) == ("whois", "BR", "")


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("whois BR", {}),
        ("please !whois BR", {}),
        ("ask @enlace whois BR", {}),
        ("@enlacement whois BR", {}),
        ("@enlace:example.com whois BR", {}),
        ("@ana:cert.mx whois BR", {"m.mentions": {"user_ids": [BOT]}}),
        ("ana whois BR", {"formatted_body": '<a href="https://matrix.to/#/@ana:cert.mx">ana</a> whois BR'}),
        ("enlace whois BR", {}),
        ("¡Gracias!", {}),
        ("¡Hola a todos!", {}),
        ("¡Enviado!", {}),
        ("!", {}),
        ("!!!", {}),
        ("¡!", {}),
        ("", {}),
        ("!ok", {}),
        ("@enlace ok", {}),
        ("@enlace 2", {}),
    ],
)
def test_what_is_no_command(body: str, content: dict[str, Any]) -> None:
    assert read(body, **content) is None


@pytest.mark.parametrize(
    ("body", "near"),
    [
        ("!whos BR", "whois"),
        ("!quein BR", "quien"),
        ("! enviarr BR", "enviar"),
        ("¡ayda", "ayuda"),
        ("@enlace hlep", "help"),
        ("!sned BR\nSubject\nBody", "send"),
    ],
)
def test_an_unknown_word_gets_the_nearest(body: str, near: str) -> None:
    found = read(body)
    assert isinstance(found, Unknown)
    assert found.near[0] == near
    error = found.error()
    assert isinstance(error, MistypedCommand)
    for language in catalogue().languages:
        assert f"!{near}" in catalogue().error(language, error).plain


def test_among_equals_the_rooms_language_goes_first_and_each_command_stands_once() -> None:
    words = {"alfa": Meaning("a", ("en",)), "alfo": Meaning("b", ("es",)), "alfe": Meaning("a", ("es",))}
    found = read_command({"body": "!alf"}, BOT, words, "es")
    assert isinstance(found, Unknown)
    assert found.near == ("alfe", "alfo")


@pytest.mark.parametrize("body", ["!zzzzqqq", "!!! secret plans", "!/help", "! ,secret", "@enlace xyzxyz"])
def test_a_mark_is_never_talk(body: str) -> None:
    """Lines with an exclamation mark are never relayed, so they never count as talk."""
    found = read(body)
    assert isinstance(found, Unknown)
    assert isinstance(found.error(), UnknownCommand)


def test_the_bot_called_for_nothing() -> None:
    found = read("@enlace:")
    assert isinstance(found, Unknown)
    assert isinstance(found.error(), NoCommand)


def test_only_the_first_line_is_made_plain() -> None:
    found = typed("!send\u00a0“CERT MX”, «BR» 🏴󠁧󠁢󠁥󠁮󠁧󠁿 d’Ivoire\r\nSubject “as typed”\u00a0\u200b\r\n\n  body\n")
    assert found.first_line == '"CERT MX", "BR" 🏴󠁧󠁢󠁥󠁮󠁧󠁿 d\'Ivoire'
    assert found.body == "Subject “as typed”\u00a0\u200b\r\n\n  body\n"


def test_words_that_are_not_separated_by_a_space() -> None:
    assert typed("!whois🇧🇷").first_line == "🇧🇷"
    assert typed("!whois@ana:cert.mx").first_line == "@ana:cert.mx"
    assert typed("¡ayuda!").first_line == ""


@pytest.mark.parametrize(
    "content",
    [
        {},
        {"body": None},
        {"body": 7},
        {"body": ["!help"]},
        {"body": "bot help", "formatted_body": 3, "m.mentions": "x"},
        {"body": "bot help", "formatted_body": "<a href=>bot</a>", "m.mentions": {"user_ids": 3}},
        {"body": "bot help", "m.mentions": {"user_ids": [[], {}, None]}},
        {"body": "bot help", "formatted_body": '<a href="https://matrix.to/#/@enlace:example.org"></a>'},
    ],
)
def test_malformed_content_is_no_command(content: dict[str, Any]) -> None:
    assert read_command(content, BOT, WORDS, "en") is None


@given(st.text(), st.text(), st.sampled_from(["en", "es", "pt", ""]))
@example("@enlace:example.org", "<a href='https://matrix.to/#/@enlace:example.org'>", "en")
def test_never_raises(body: str, formatted: str, language: str) -> None:
    for mark in ("", "!", "¡", "@enlace "):
        content = {"body": mark + body, "formatted_body": formatted, "m.mentions": {"user_ids": [BOT]}}
        found = read_command(content, BOT, WORDS, language)
        if isinstance(found, Unknown):
            assert catalogue().error("es", found.error()).plain


@given(st.text(), st.text())
def test_never_loses_text(line: str, body: str) -> None:
    line = line.replace("\n", " ")
    for start in ("!send ", "@enlace send ", "> <@ana:cert.mx> hi\n> there\n\n!send "):
        found = typed(f"{start}{line}\n{body}")
        assert found.body == body
        assert found.first_line == plain_line(line)


@given(st.text())
def test_a_plain_line_keeps_every_visible_character(line: str) -> None:
    def visible(text: str) -> list[str]:
        return [c for c in unicodedata.normalize("NFC", text) if c.isalnum() or unicodedata.category(c)[0] in "SM"]

    plain = plain_line(line)
    assert visible(plain) == visible(line)
    assert not any(unicodedata.category(c) in {"Cc", "Cs"} for c in plain)
    assert not set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200b") & set(plain)


@given(st.sampled_from(list(WORDS)), st.sampled_from([str.upper, str.title, str.lower, fold]))
def test_every_word_is_found_in_any_case(word: str, change: Any) -> None:
    assert typed("!" + change(word)).name == WORDS[word].name


def test_long_input_takes_no_long_time() -> None:
    for body in ("> <@" + "\n>" * 20_000, "!" + "a" * 65_000, "@enlace " + "[" * 65_000, " " * 65_000 + "!help"):
        read(body, formatted_body="<p>" + " " * 65_000 + "<a " * 20_000)
