import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from matrix_people import Device, identity

from keys import statement as s
from keys.fingerprint import MatrixKey, OpenPGPFingerprint
from keys.statement import Expected, Statement, check, compose, parse

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ANA, ROOM = "@ana:cert.example.mx:8448", "!8AbC_desk"
PHONE, LAPTOP = Device(ANA, "PHONE"), Device(ANA, "LAPTOP")
TEXT = compose(
    organisation="CERT-MX", person="Ana Ñandú", user=ANA, room=ROOM, nonce="K7Q2-9XWD", issued=NOW,
    expires=NOW + timedelta(days=180),
)  # fmt: skip
EXPECTED = Expected("CERT-MX", "Ana Ñandú", ANA, ROOM, "K7Q2-9XWD", PHONE.key, NOW + timedelta(hours=1))


def line(device: Device) -> str:
    return f"Device: {device.device_id} {MatrixKey(device.key.ed25519).grouped()}"


FILLED = TEXT.replace("Device: <device id> <session key>", line(PHONE))


def test_the_challenge_holds_no_key() -> None:
    assert TEXT.splitlines()[0] == "enlace identity statement v1"
    assert "Device: <device id> <session key>" in TEXT
    with pytest.raises(s.StatementDeviceBlank):
        parse(TEXT)


def test_round_trip() -> None:
    parsed = parse(FILLED)
    assert parsed == Statement(
        "CERT-MX", "Ana Ñandú", ANA, frozenset({PHONE.key}), ROOM, "K7Q2-9XWD", NOW, NOW + timedelta(days=180)
    )
    check(parsed, EXPECTED, NOW + timedelta(minutes=5))


def test_several_devices_and_ungrouped_keys() -> None:
    text = TEXT.replace("Device: <device id> <session key>", f"{line(PHONE)}\nDevice: LAPTOP {LAPTOP.key.ed25519}")
    assert parse(text).devices == {PHONE.key, LAPTOP.key}
    assert parse(text.replace(line(PHONE), f"{line(PHONE)}\n{line(PHONE)}")).devices == {PHONE.key, LAPTOP.key}


@pytest.mark.parametrize(
    "client",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: text.replace(" ", "\u00a0"),
        lambda text: text.replace("\n", "   \n"),
        lambda text: text.replace("\n", "\n\n"),
        lambda text: "\ufeff\n\n" + text + "\n\n",
        lambda text: "".join(f"> {row}\n" for row in text.splitlines()),
        lambda text: "".join(f"> > {row}\n" for row in text.splitlines()),
        lambda text: text.replace(": ", ":\t"),
    ],
)
def test_what_chat_clients_do_to_a_text(client) -> None:
    assert parse(client(FILLED)) == parse(FILLED)


@pytest.mark.parametrize(
    ("before", "after", "error", "values"),
    [
        ("enlace identity statement v1", "enlace identity statement v2", s.StatementUnreadable, {}),
        ("enlace identity statement v1\n", "", s.StatementUnreadable, {}),
        ("Room: ", "Rooms: ", s.StatementFieldUnknown, {"field": "Rooms"}),
        (f"Room: {ROOM}\n", "", s.StatementFieldMissing, {"field": "Room"}),
        (line(PHONE) + "\n", "", s.StatementFieldMissing, {"field": "Device"}),
        (f"Room: {ROOM}", "Room: ", s.StatementFieldMissing, {"field": "Room"}),
        ("Nonce: ", "Nonce: x\nNonce: ", s.StatementFieldTwice, {"field": "Nonce"}),
        ("Nonce: ", "I swear.\nNonce: ", s.StatementLineUnclear, {"line": 7}),
        ("Person: Ana", "Person: \u202eAna", s.StatementLineUnclear, {"line": 3}),
        ("Person: Ana", "Person: A\u200bna", s.StatementLineUnclear, {"line": 3}),
        ("Issued: 2026-11-23T", "Issued: 23.11.2026 ", s.StatementFieldUnclear, {"field": "Issued"}),
        (line(PHONE), "Device: PHONE", s.StatementFieldUnclear, {"field": "Device"}),
        (line(PHONE), line(PHONE)[:-2], s.StatementFieldUnclear, {"field": "Device"}),
        (
            line(PHONE),
            f"{line(PHONE)}\nDevice: PHONE {LAPTOP.key.ed25519}",
            s.StatementFieldUnclear,
            {"field": "Device"},
        ),
        ("Nonce", "x" * 20_000 + "\nNonce", s.StatementUnreadable, {}),
    ],
)
def test_what_is_not_a_statement(before: str, after: str, error: type[Exception], values: dict[str, object]) -> None:
    assert before in FILLED
    with pytest.raises(error) as caught:
        parse(FILLED.replace(before, after))
    assert values.items() <= caught.value.values.items()


def test_no_more_than_twenty_devices() -> None:
    lines = "\n".join(line(Device(ANA, f"D{number}")) for number in range(21))
    with pytest.raises(s.StatementFieldUnclear):
        parse(FILLED.replace(line(PHONE), lines))


@pytest.mark.parametrize(
    ("change", "error", "values"),
    [
        ({"nonce": "K7Q2-9XWE"}, s.NonceUnknown, {}),
        ({"organisation": "CERT-XX"}, s.StatementMismatch, {"field": "Organisation"}),
        ({"person": "Eva"}, s.StatementMismatch, {"field": "Person"}),
        ({"user": ANA.upper()}, s.StatementMismatch, {"field": "Matrix user"}),
        ({"room": ROOM.lower()}, s.StatementMismatch, {"field": "Room"}),
        ({"expires": NOW}, s.StatementExpired, {"expires": "2026-11-23"}),
        ({"issued": NOW + timedelta(minutes=11)}, s.StatementFromFuture, {}),
        ({"expires": NOW + timedelta(days=211)}, s.StatementTooLong, {"days": 211}),
        ({"devices": frozenset({LAPTOP.key})}, s.SendingDeviceNotListed, {"device": "PHONE"}),
        ({"devices": frozenset({Device(ANA, "PHONE", 2).key})}, s.SendingDeviceNotListed, {"device": "PHONE"}),
    ],
)
def test_what_does_not_answer_the_challenge(change, error: type[Exception], values: dict[str, object]) -> None:
    with pytest.raises(error) as caught:
        check(replace(parse(FILLED), **change), EXPECTED, NOW)
    assert values.items() <= caught.value.values.items()


def test_a_challenge_is_answered_once_and_in_time() -> None:
    with pytest.raises(s.NonceUnknown):
        check(parse(FILLED), replace(EXPECTED, nonce=None), NOW)
    with pytest.raises(s.NonceLate):
        check(parse(FILLED), EXPECTED, NOW + timedelta(hours=2))


def test_names_are_compared_as_people_write_them() -> None:
    decomposed = replace(parse(FILLED), organisation="cert-mx", person="ANA  N\u0303andu\u0301")
    check(decomposed, EXPECTED, NOW)


@pytest.mark.parametrize("bad", ["", "Ana\nNonce: x", "Ana\u202e", " Ana", "Ana\r"])
def test_a_challenge_holds_only_what_comes_back_as_it_was(bad: str) -> None:
    with pytest.raises(s.StatementFieldUnclear):
        compose(organisation="O", person=bad, user=ANA, room=ROOM, nonce="n", issued=NOW, expires=NOW)


@given(st.binary(min_size=4, max_size=8))
def test_statements_run_180_days_give_or_take_30(random: bytes) -> None:
    assert timedelta(days=150) <= s.draw_validity(random) <= timedelta(days=210)


def test_validities_spread() -> None:
    drawn = {s.draw_validity(number.to_bytes(4, "big")).days for number in range(0, 2**32, 2**26 + 12345)}
    assert len(drawn) > 30


@given(st.text(min_size=1, max_size=40), st.text(min_size=1, max_size=40))
def test_any_text_composes_and_returns_or_is_refused(person: str, organisation: str) -> None:
    try:
        text = compose(
            organisation=organisation, person=person, user=ANA, room=ROOM, nonce="n", issued=NOW, expires=NOW
        )
    except s.StatementFieldUnclear:
        return
    parsed = parse(text.replace("Device: <device id> <session key>", line(PHONE)))
    assert (parsed.person, parsed.organisation) == (person, organisation)


@given(st.text())
def test_garbage_is_a_clear_error(text: str) -> None:
    for candidate in (text, f"{s.HEADING}\n{text}", FILLED + text):
        with contextlib.suppress(s.NotAccepted):
            assert parse(candidate).user == ANA


def test_the_bots_own_identity() -> None:
    seeds = identity("bot")
    text = s.compose_bot(
        user="@enlace:x.example", device=PHONE.key, master_key=seeds.master_key, log_key=None,
        openpgp=OpenPGPFingerprint("AB" * 20), issued=NOW,
    )  # fmt: skip
    assert text.splitlines()[0] == "enlace bot identity v1"
    assert f"Master key: {seeds.master_key.grouped()}" in text
    with pytest.raises(s.StatementUnreadable):
        parse(text)
