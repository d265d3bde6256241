"""Whatever is accepted makes an event that the homeserver takes, as a copy, as a line and as an edit of either."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nio.crypto.sessions import OutboundGroupSession

from bot.exchange.model import Author, Enclosure
from bot.exchange.rules.fitting import edit_of, fitting
from bot.exchange.service.exchanges import MAX_BODY, TooLong, size_of
from bot.exchange.service.texts import first_copy, line
from bot.ids import EventId, Handle, Ref, UserId
from bot.outbox.model import content_of
from bot.tlp import Tlp

LONG_ID = "x" * 254
AUTHOR = Author(UserId("@ana:cert.example.mx"), "Ana Pérez", Handle("CERT-MX"), "verified")
MEMBERS = [UserId(f"@somebody-{number}:cert.example.org") for number in range(30)]
NAMES = [f"CERT-{number} (@somebody:cert.example.org)" for number in range(30)]
FILE = Enclosure({"url": f"mxc://{LONG_ID}", "key": {"k": "k" * 43}}, "ñ" * 60, 10**8, "0" * 64, "image/png", 10, 10)
EVENT = 65_536
ENVELOPE = 4_000
"""What servers and the fields outside the ciphertext add: ids of 255 bytes, auth and previous events, signatures."""

PIECES = [
    '"',
    "\\",
    "\n",
    "\t",
    "<",
    "&",
    "'",
    "a",
    " ",
    "ñ",
    "🇲🇽",
    "👩‍👩‍👧",
    "\x00",
    "\u202e",
    "\u2028",
    "\U0001d160",
    "ﬃ",
]
accepted = st.lists(st.sampled_from(PIECES) | st.characters(codec="utf-8"), min_size=1, max_size=12).map("".join)


def encrypted(content: dict[str, Any]) -> int:
    session = OutboundGroupSession()
    session.mark_as_shared()
    plain = {"type": "m.room.message", "content": content, "room_id": f"!{LONG_ID}"}
    return len(session.encrypt(json.dumps(plain, ensure_ascii=False)))


def filled(piece: str) -> str:
    """As much of it as is accepted."""
    most = max(1, MAX_BODY // len(piece.encode()))
    while True:
        try:
            size_of(piece * most)
        except TooLong:
            most = most * 9 // 10
        else:
            return piece * most


def contents(text: str, enclosure: Enclosure | None) -> list[dict[str, Any]]:
    copy = first_copy("es", AUTHOR, Tlp.AMBER_STRICT, Ref("MSG-7F3KQ"), "", text, NAMES, NAMES[:5], enclosure)
    said = line("es", AUTHOR, Tlp.AMBER_STRICT, text, enclosure)
    more = {"org.enlace.exchange": {"salt": "0" * 64, "checkpoint": "x" * 500}}
    made = [content_of(each, "m.text", MEMBERS) for each in (copy, said)]
    return [one | (enclosure.content() if enclosure else {}) | more for one in made]


def check(text: str) -> None:
    for enclosure in (None, FILE):
        for content in contents(text, enclosure):
            for sent in (fitting(content), fitting(edit_of(EventId(f"${LONG_ID}"), content))):
                assert encrypted(sent) <= EVENT - ENVELOPE
                assert sent.get("m.new_content", sent)["body"] == content["body"]


@given(accepted)
def test_what_is_accepted_fits(piece: str) -> None:
    check(filled(piece))


@pytest.mark.parametrize("piece", PIECES)
def test_so_does_each_of_what_grows(piece: str) -> None:
    check(filled(piece))


def test_what_fits_keeps_its_html() -> None:
    content = contents("x" * 8_000, None)[0]
    assert fitting(content) == content
    edit = edit_of(EventId("$e"), content)
    assert edit["m.new_content"] == content
    assert "formatted_body" not in edit
    assert edit["body"] == f"* {content['body'][:300]} …"
