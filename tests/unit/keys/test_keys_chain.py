"""The whole chain, with nothing made up: challenge, signature by a real key, statement, pin, verdicts."""

from datetime import UTC, datetime, timedelta

import pytest
from conftest import People
from matrix_people import Device, Server, identity

from keys.fingerprint import MatrixKey
from keys.openpgp import OpenPGP, SignedByAnotherKey
from keys.policy import judge_key
from keys.statement import Expected, check, compose, draw_validity, parse
from keys.trust import RoomFacts, Standing, judge_person, judge_room, observe, pin_from_statement

ANA, BOT, ROOM = "@ana:cert.example.mx", "@enlace:poc.example", "!desk"


@pytest.mark.parametrize("detached", [False, True])
def test_from_the_challenge_to_a_verified_room(people: People, pgp: OpenPGP, detached: bool) -> None:
    now = datetime.now(UTC) + timedelta(minutes=5)
    [info] = pgp.import_key(people.public("ana"))
    assert all(answer.ok for answer in judge_key(info, now, "sign"))
    phone, mine = Device(ANA, "PHONE"), identity("mine")
    server = Server(ANA).publish(mine, signed_by=phone).add(phone, mine)

    challenge = compose(
        organisation="CERT-MX", person="Ana Ñandú", user=ANA, room=ROOM, nonce="K7Q2-9XWD", issued=now,
        expires=now + draw_validity(b"\x01\x02\x03\x04"),
    )  # fmt: skip
    filled = challenge.replace("<device id> <session key>", f"PHONE {MatrixKey(phone.key.ed25519).grouped()}")

    if detached:
        signature = pgp.verify_detached(filled.encode(), people.detached("ana", filled.encode()))
        text = filled
    else:
        signature = pgp.verify_clear(people.clear("ana", filled))
        assert signature.text is not None
        text = signature.text
    with pytest.raises(SignedByAnotherKey):
        signature.made_by([people.keys["luz"]])
    fingerprint = signature.made_by([people.keys["ana"]])

    statement = parse(text)
    check(statement, Expected("CERT-MX", "Ana Ñandú", ANA, ROOM, "K7Q2-9XWD", phone.key), now)
    pin = pin_from_statement(statement, server.seen(), fingerprint=fingerprint, sent_from=phone.key)
    assert observe(pin, server.seen(), now) == pin
    verdict = judge_person(ANA, pin, server.seen(), now)
    assert verdict.standing is Standing.VERIFIED
    assert verdict.may_command
    assert not verdict.failed

    facts = RoomFacts(
        kind="direct", bot=BOT, members={BOT: "join", ANA: "join"}, encrypted=True, ever_encrypted=True,
        join_rule="invite", history_visibility="joined", guest_access="forbidden", power={BOT: float("inf")},
        users_default=0, protected_level=50, organisations=frozenset({"CERT-MX"}),
    )  # fmt: skip
    assert judge_room(facts, {ANA: verdict}).ok
    server.publish(identity("fake"))
    assert not judge_room(facts, {ANA: judge_person(ANA, pin, server.seen(), now)}).ok
