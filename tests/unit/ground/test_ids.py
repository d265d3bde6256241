"""Identifiers as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import NotDone
from bot.ids import BadRef, BadUserId, parse_ref, parse_room_id, parse_user_id, ref_from, server_of


def test_user_ids_with_ports_have_two_colons() -> None:
    user = parse_user_id(" @ana:localhost:8301 ")
    assert server_of(user) == "localhost:8301"


@pytest.mark.parametrize("bad", ["ana:cert.mx", "@ana", "@ana:", "@:x y", "@a b:c", "@" + "a" * 250 + ":example.org"])
def test_bad_user_ids(bad: str) -> None:
    with pytest.raises(BadUserId):
        parse_user_id(bad)


def test_rooms_of_version_12_have_no_server() -> None:
    assert parse_room_id("!31hneApxJ_1o-63DmFrpeqnkFfWppnzWso1JvH3ogLM")


@pytest.mark.parametrize(
    ("typed", "ref"), [("msg-7f3kq", "MSG-7F3KQ"), ("ESC–ilo00", "ESC-11000"), ("INC 12345", None)]
)
def test_refs(typed: str, ref: str | None) -> None:
    if ref is None:
        with pytest.raises(BadRef):
            parse_ref(typed)
    else:
        assert parse_ref(typed) == ref


@given(st.binary(min_size=4, max_size=4))
def test_what_is_made_can_be_read(random: bytes) -> None:
    ref = ref_from("MSG", random)
    assert parse_ref(ref.lower()) == ref


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    for read in (parse_ref, parse_room_id, parse_user_id):
        try:
            read(text)
        except NotDone:
            pass
