"""The bytes of an entry."""

import hashlib
import json
from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.audit.entry import Actor, Details, Leaf, content_digest, details_hash

AT = datetime(2026, 11, 23, 3, 4, 5, 6, tzinfo=UTC)
LEAF = Leaf(7, AT, bytes(range(32)), hashlib.sha256(b"{}").digest())
NONCE = bytes(16)


def test_the_leaf_byte_for_byte() -> None:
    assert LEAF.data() == (
        b'{"details_sha256":"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a",'
        b'"salt":"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",'
        b'"seq":7,"time":"2026-11-23T03:04:05.000006Z"}'
    )


def test_the_details_byte_for_byte() -> None:
    class Colour(StrEnum):
        AMBER = "amber"

    details = Details(
        "exchange.opened",
        Actor("CERT-MX", "Ana Ñ", "@ana:cert.example.mx", "DEV"),
        "MSG-7F3KQ",
        "ok",
        {"tlp": Colour.AMBER, "to": ("CERT-CO", "CERT-PE"), "size": 12, "at": AT, "none": None, "yes": True},
    )
    assert details.document(NONCE) == (
        '{"action":"exchange.opened","actor":{"device":"DEV","organisation":"CERT-MX","person":"Ana Ñ",'
        '"user":"@ana:cert.example.mx"},"details":{"at":"2026-11-23T03:04:05.000006Z","none":null,"size":12,'
        '"tlp":"amber","to":["CERT-CO","CERT-PE"],"yes":true},"nonce":"00000000000000000000000000000000",'
        '"outcome":"ok","ref":"MSG-7F3KQ"}'
    )


def test_the_same_details_hash_differently_every_time() -> None:
    details = Details("duty.read")
    assert details_hash(details.document(bytes(16))) != details_hash(details.document(bytes(15) + b"\x01"))


def test_time_is_told_in_utc_with_all_six_digits() -> None:
    west = datetime(2026, 1, 1, 0, 0, tzinfo=timezone(timedelta(hours=-6)))
    assert b'"time":"2026-01-01T06:00:00.000000Z"' in Leaf(0, west, bytes(32), bytes(32)).data()
    with pytest.raises(ValueError, match="naive"):
        Leaf(0, datetime(2026, 1, 1), bytes(32), bytes(32)).data()


@pytest.mark.parametrize("value", [1.5, b"x", object(), {"a": {1.5}}, {1: "x"}])
def test_what_json_readers_disagree_on_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        Details("x", more={"value": value}).document(NONCE)
    with pytest.raises(ValueError, match="exceeds"):
        Details("x", more={"value": 2**53}).document(NONCE)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
hostile = st.text(st.characters(exclude_categories=[])) | st.just("a\x00b\ud800c\u202e")


@given(st.dictionaries(st.text(), json_values, max_size=4), hostile, hostile)
def test_every_text_can_be_kept_and_read_back(more: dict[str, Any], name: str, ref: str) -> None:
    document = Details("x.y", Actor(person=name), ref, more=more).document(NONCE)
    assert "\x00" not in document
    read = Details.parse(document)
    assert read.document(NONCE) == document
    assert json.loads(document)["nonce"] == NONCE.hex()


@given(
    st.integers(0, 2**53 - 1),
    st.datetimes(timezones=st.just(UTC)),
    st.binary(min_size=32, max_size=32),
    st.binary(min_size=32, max_size=32),
)
def test_leaves_are_read_back(seq: int, time: datetime, salt: bytes, details: bytes) -> None:
    leaf = Leaf(seq, time, salt, details)
    assert Leaf.parse(leaf.data()) == leaf


GOOD = LEAF.data().decode()


@pytest.mark.parametrize(
    "data",
    [
        "",
        "[]",
        "null",
        "[" * 100_000,
        GOOD + " ",
        GOOD.replace(":7", ": 7"),
        GOOD.replace(":7", ":7.0"),
        GOOD.replace(":7", ":-1"),
        GOOD.replace(":7", ":true"),
        GOOD.replace(":7", ':"7"'),
        GOOD.replace(":7", ':7,"seq":8'),
        GOOD.replace("seq", "Seq"),
        GOOD.replace("0a0b", "0A0B"),
        GOOD.replace("1e1f", "1e"),
        GOOD.replace("Z", "+00:00"),
        GOOD.replace(".000006", ""),
        GOOD.replace("T", " "),
        GOOD.replace("11-23", "13-23"),
        GOOD[:-1] + ',"x":1}',
    ],
)
def test_a_leaf_has_one_spelling(data: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  (each of its layers has its own words)
        Leaf.parse(data.encode())


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "Ana"},
        {"actor": {"person": "Ana"}},
        {"actor": {"device": None, "organisation": None, "person": 7, "user": None}},
        {"details": []},
        {"ref": 7},
        {"action": None},
        {"extra": 1},
    ],
)
def test_details_have_one_form(change: dict[str, Any]) -> None:
    document = json.loads(Details("x.y", Actor(person="Ana")).document(NONCE)) | change
    with pytest.raises(ValueError):  # noqa: PT011  (each of its layers has its own words)
        Details.parse(json.dumps(document, sort_keys=True, separators=(",", ":")))


def test_the_digest_of_a_content_needs_its_salt() -> None:
    assert content_digest(b"salt", b"hello") == hashlib.sha256(b"salthello").hexdigest()
    assert content_digest(b"salt", b"hello") != content_digest(b"tlas", b"hello")
