"""A Point of Contact's homeserver against the others: what its operator can send them, out of order and out of thin air."""

import asyncio
import base64
import contextlib
import json
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import pytest
import vodozemac
from aiohttp import web
from nio.crypto import OutboundGroupSession
from synapse.events import EventBase

from bot.demo.person import Person
from bot.ids import RoomId
from bot.matrix import http, news
from bot.matrix.state import RoomState, StateEvent
from tests.contract.matrix.attacks import MEGOLM, OLM, put
from tests.harness.house import House
from tests.harness.operator import Instead, Operator, refuse
from tests.harness.sending import Branch, Change, Refused, Sender
from tests.harness.sovereign import LONG, Sovereign, copies, send, sovereigns

pytestmark = [pytest.mark.homeserver, pytest.mark.timeout(600)]

OddKey = Callable[[Any, Any, Person], Any]
"""What is answered instead of a device's keys; it is given these, a key of another device, and the device."""
SOON = 30.0
"""Seconds in which something comes that waits for one answer of the hostile server, but not for a second one."""
MEMBER, POWER, JOINING, ENCRYPTION = (
    f"m.room.{kind}" for kind in ("member", "power_levels", "join_rules", "encryption")
)
LONG_AGO = 1
"""A time stamp, in ms: whoever says it comes first where branches meet, and so loses against all that was there."""


@pytest.fixture(scope="module")
async def sovereign() -> AsyncIterator[Sovereign]:
    """Brazil is on the hostile server; in Peru's desk room Pablo is on enlace's, and Pía on the hostile one."""
    async with sovereigns(2, desk=("pablo", "pia"), bruno=1, pia=1) as made:
        yield made


# --- events late, in another order, at another time -------------------------------------------------------


async def test_what_comes_late_or_in_another_order_is_relayed_once(sovereign: Sovereign) -> None:
    house = sovereign.house
    house.begin()
    bruno, room, ana = house.people["bruno"], house.rooms["bruno"], house.people["ana"]
    await send(house, "CERT-BR", "In which order?")
    asked = await house.hear("bruno", "In which order", patience=LONG)
    await bruno.ask(room, "Line zero", "This goes to", thread=asked.event_id, sender=house.bot)
    await bruno.say(room, "ok", thread=asked.event_id)
    await house.hear("ana", "Line zero", patience=LONG)
    async with Sender(sovereign.federation) as sender, Operator(sovereign.federation, 1) as operator:
        # The first line is withheld, and the second hangs where the first would.
        first: list[dict[str, Any]] = []

        def second_first(pdu: dict[str, Any]) -> dict[str, Any] | None:
            if not first:
                first.append(pdu)
                return None
            return {**pdu, "prev_events": first[0]["prev_events"], "depth": first[0]["depth"]}

        sender.changes.append(of_bruno(sovereign, sender, second_first))
        await bruno.say(room, "Line one", thread=asked.event_id)
        await house.until(lambda: bool(first), "the first line to be withheld")
        await bruno.say(room, "Line two", thread=asked.event_id)
        await house.hear("ana", "Line two", patience=LONG)
        assert not copies(ana, "Line one")
        sender.changes.clear()
        await sender.send([first[0]])
        await house.hear("ana", "Line one", patience=LONG)
        # What comes next names the second as it was: the homeserver asks for that, too, and has it twice.
        await bruno.say(room, "Line three", thread=asked.event_id)
        await house.hear("ana", "Line three", patience=LONG)
        # One is withheld, and nothing about it is told: nothing of what comes after it can be shown.
        first.clear()

        def withhold(pdu: dict[str, Any]) -> None:
            first.append(pdu)

        sender.changes.append(of_bruno(sovereign, sender, withhold))
        await bruno.say(room, "Line four", thread=asked.event_id)
        await house.until(lambda: bool(first), "the line to be withheld")
        sender.changes.clear()
        for path in ("/get_missing_events/", "/event/", "/state_ids/", "/state/", "/backfill/"):
            operator.instead(path, refuse)
        await bruno.say(room, "Line five", thread=asked.event_id)
        await house.until(lambda: any("/get_missing_events/" in path for path in operator.asked), "the question")
        await house.barrier("ana")
        assert not copies(ana, "Line four")
        operator.honest()
        await bruno.say(room, "Line six", thread=asked.event_id)
        await house.hear("ana", "Line six", patience=LONG)
        await house.barrier("ana", "bruno")
    said = [heard.body for heard in house.since("ana") if "Line " in heard.body]
    order = ["zero", "two", "one", "three", "four", "five", "six"]
    assert [f"Line {name}" in body for name, body in zip(order, said, strict=True)] == [True] * len(order), said


async def test_a_time_stamp_that_lies(sovereign: Sovereign) -> None:
    """Signed by its own server, whose word it is: what seems old is asked about, what seems to come is only new."""
    house = sovereign.house
    house.begin()
    bruno, room, ana = house.people["bruno"], house.rooms["bruno"], house.people["ana"]
    now = int(time.time() * 1000)
    withheld: list[dict[str, Any]] = []

    def withhold(pdu: dict[str, Any]) -> None:
        withheld.append(pdu)

    async with Sender(sovereign.federation) as sender, Operator(sovereign.federation, 1) as operator:
        # A key counts for events up to the day that its server names.
        operator.lie("/key/v2/server", lambda keys: sender.sign_answer({**keys, "valid_until_ts": 2**53 - 1}))
        branch = await sender.branch(room, await newest(bruno, room))
        sender.changes.append(of_bruno(sovereign, sender, withhold))
        for number, (name, at, old) in enumerate(
            (
                ("an hour ago", now - 3_600_000, True),
                ("long ago", LONG_AGO, True),
                ("in a day", now + 86_400_000, False),
                ("in a century", now + 100 * 365 * 86_400_000, False),
                ("at the end of numbers", 2**53 - 1, False),
                ("before the beginning", -1, False),
            )
        ):
            mark = bruno.mark()
            await bruno.say(room, f"!send CERT-MX tlp:green\nSaid {name}\nx")
            await house.until(lambda number=number: len(withheld) > number, "it to be withheld")
            said = withheld[number]
            await sender.push(branch.add(said["sender"], said["type"], said["content"], at=at))
            if old:
                await bruno.hear(room, "late and was not done", after=mark, sender=house.bot, patience=LONG)
            else:
                await house.hear("ana", f"Said {name}", patience=LONG)
        sender.changes.clear()
        await sender.send(withheld)  # the very same once more, at their right times
        await house.barrier("bruno", "ana")
    for name in ("an hour ago", "long ago"):
        assert not copies(ana, f"Said {name}")
    for name in ("in a day", "in a century", "at the end of numbers", "before the beginning"):
        assert len(copies(ana, f"Said {name}")) == 1
    await house.log_verifies()


def of_bruno(sovereign: Sovereign, sender: Sender, change: Callable[[dict[str, Any]], dict[str, Any] | None]) -> Change:
    """Changes what Bruno says in his room and signs it anew; None withholds it."""
    bruno, room = sovereign.house.people["bruno"], sovereign.house.rooms["bruno"]
    done: dict[str, list[Any]] = {}

    def one(pdu: dict[str, Any]) -> list[Any]:
        if (pdu["room_id"], pdu["sender"], pdu["type"]) != (room, bruno.user_id, "m.room.encrypted"):
            return [pdu]
        name = pdu["content"]["ciphertext"]
        if name not in done:  # what fails on its way comes again, and what was signed anew comes back
            changed = change(pdu)
            done[name] = [] if changed is None else [sender.sign(changed).get_pdu_json()]
        return done[name]

    def apply(transaction: dict[str, Any]) -> None:
        transaction["pdus"] = [changed for pdu in transaction["pdus"] for changed in one(pdu)]

    return apply


# --- messages to the device -------------------------------------------------------------------------------


async def test_messages_to_the_device_that_are_none(sovereign: Sovereign) -> None:
    house = sovereign.house
    house.begin()
    app = house.world.app
    assert app is not None
    bruno, room, ana = house.people["bruno"], house.rooms["bruno"], house.people["ana"]
    device, keys = str(app.matrix.device_id), app.matrix.identity_keys
    before = [entry["details"]["action"] for entry in await house.log()].count("exchange.opened")

    def edu(content: Any, kind: Any = "m.room.encrypted", **more: Any) -> dict[str, Any]:
        direct = {
            "sender": bruno.user_id,
            "type": kind,
            "message_id": secrets.token_hex(8),
            "messages": {house.bot: {device: content}},
        }
        return {"edu_type": "m.direct_to_device", "content": {**direct, **more}}

    async with Sender(sovereign.federation) as sender:
        claim = {"one_time_keys": {house.bot: {device: "signed_curve25519"}}}
        claimed = (await sender.ask("POST", "/v1/user/keys/claim", claim))["one_time_keys"][house.bot][device]
        [one_time_key] = (key["key"] for key in claimed.values())
        forged = Forgery(house, bruno, room, str(keys.curve25519), str(keys.ed25519), one_time_key)
        for odd in (*(edu(content, kind) for kind, content in forged.messages()), *misshapen(edu)):
            with contextlib.suppress(Refused):  # some the homeserver itself does not take
                await sender.send(edus=[odd])
        for number in range(forged.count):
            await put(bruno, room, forged.order(number))
        rubbish = [edu(forged.olm({"type": number % 2, "body": "AAAA"})) for number in range(100)]
        bruno.client.invalidate_outbound_session(room)  # so that a real room key comes among them

        async def flood() -> None:
            for _ in range(20):
                for one in rubbish:
                    one["content"]["message_id"] = secrets.token_hex(8)
                await sender.send(edus=rubbish)

        async with asyncio.TaskGroup() as group:
            group.create_task(flood())
            await house.barrier("ana")
            await house.barrier("bruno", "ana")
        await house.barrier("bruno", "ana")
    assert not copies(ana, "Forged order")
    assert [entry["details"]["action"] for entry in await house.log()].count("exchange.opened") == before


def misshapen(edu: Callable[..., dict[str, Any]]) -> list[dict[str, Any]]:
    """Of the wrong types, at every level."""
    contents: list[Any] = [None, 7, "x", [], [[]], {}, {"algorithm": None}, {"algorithm": OLM, "ciphertext": 7}]
    kinds: list[Any] = ["", "m.unknown", "m.dummy", "m.room_key_request", "m.room_key.withheld", "m.secret.send"]
    return [
        *(edu(content) for content in contents),
        *(edu(content, kind) for kind in kinds for content in ({}, {"room_id": [], "session_id": {}})),
        *(edu({}, kind) for kind in (7, None, [], {})),
        *(edu({"a": 1}, sender=sender) for sender in (7, None, "", "bruno", "@ana:elsewhere.example")),
        *(edu({"a": 1}, messages=messages) for messages in (7, [], {"x": {}}, {"@a:b": 7})),
        *(edu({"a": 1}, message_id=message_id) for message_id in (7, None, [])),
        {"edu_type": "m.direct_to_device", "content": {}},
        {"edu_type": "m.direct_to_device", "content": []},
    ]


class Forgery:
    """Bruno's server gives enlace the key of a room session of its own making, in every way but the right one."""

    def __init__(
        self, house: House, bruno: Person, room: str, curve25519: str, ed25519: str, one_time_key: str
    ) -> None:
        self._bot, self._bruno, self._room = house.bot, bruno, room
        self._curve25519, self._ed25519 = curve25519, ed25519
        self._account = vodozemac.Account()
        self._session = self._account.create_outbound_session(
            vodozemac.Curve25519PublicKey.from_base64(curve25519),
            vodozemac.Curve25519PublicKey.from_base64(one_time_key),
        )
        self._made: list[OutboundGroupSession] = []
        self._bruno_key = str(bruno.client.olm.account.identity_keys["curve25519"])

    @property
    def count(self) -> int:
        """How many sessions it made."""
        return len(self._made)

    def olm(self, ciphertext: Any, sender_key: Any = None) -> dict[str, Any]:
        own = self._account.curve25519_key.to_base64() if sender_key is None else sender_key
        return {"algorithm": OLM, "sender_key": own, "ciphertext": {self._curve25519: ciphertext}}

    def messages(self) -> list[tuple[str, Any]]:
        """Kind and content."""
        forwarded = {
            "sender_key": self._bruno_key,
            "sender_claimed_ed25519_key": self._bruno.session_key,
            "forwarding_curve25519_key_chain": [],
        }
        return [
            ("m.room_key", self._key()),
            ("m.forwarded_room_key", {**self._key(), **forwarded}),
            ("m.room.encrypted", self.olm(self._sealed("m.room_key", self._key()))),
            ("m.room.encrypted", self.olm(self._sealed("m.room_key", self._key()), self._bruno_key)),
            ("m.room.encrypted", self.olm(self._sealed("m.forwarded_room_key", {**self._key(), **forwarded}))),
            ("m.room.encrypted", self.olm(self._sealed("m.room_key", {**self._key(), "session_key": "x"}))),
            ("m.room.encrypted", self.olm({"type": 0, "body": "!!!"})),
            ("m.room.encrypted", self.olm({"type": 1, "body": "AAAA"}, self._bruno_key)),
            ("m.room.encrypted", self.olm({"type": "0", "body": {}})),
            ("m.room.encrypted", {**self.olm({"type": 0, "body": "AAAA"}), "algorithm": "m.olm.v9"}),
            ("m.room.encrypted", {**self.olm({"type": 0, "body": "AAAA"}), "algorithm": ["x"]}),
            ("m.room.encrypted", {"algorithm": MEGOLM, "room_id": self._room, "session_id": 7, "ciphertext": 7}),
        ]

    def order(self, number: int) -> dict[str, Any]:
        """A command under one of the sessions, as Bruno's own device would send it."""
        session = self._made[number]
        text = f"!send CERT-MX tlp:green\nForged order {number}\nx"
        inner = {"type": "m.room.message", "content": {"msgtype": "m.text", "body": text}, "room_id": self._room}
        return {
            "algorithm": MEGOLM,
            "sender_key": self._bruno_key,
            "device_id": self._bruno.device_id,
            "session_id": session.id,
            "ciphertext": session.encrypt(json.dumps(inner)),
        }

    def _key(self) -> dict[str, Any]:
        session = OutboundGroupSession()
        session.mark_as_shared()
        self._made.append(session)
        key = {"room_id": self._room, "session_id": session.id, "session_key": session.session_key}
        return {"algorithm": MEGOLM, **key}

    def _sealed(self, kind: str, content: dict[str, Any]) -> dict[str, Any]:
        payload = {
            "type": kind,
            "content": content,
            "sender": self._bruno.user_id,
            "sender_device": self._bruno.device_id,
            "keys": {"ed25519": self._bruno.session_key},
            "recipient": self._bot,
            "recipient_keys": {"ed25519": self._ed25519},
        }
        number, text = self._session.encrypt(json.dumps(payload).encode()).to_parts()
        return {"type": number, "body": base64.b64encode(text).decode().rstrip("=")}


# --- one-time keys ----------------------------------------------------------------------------------------


async def test_one_time_keys_that_are_none(sovereign: Sovereign) -> None:
    """Pía logs in on more devices, and her server gives what it likes for their keys; in her room is Pablo, too."""
    house = sovereign.house
    house.begin()
    app = house.world.app
    assert app is not None
    pia, room, olm = house.people["pia"], house.rooms["pia"], app.matrix.client.olm
    count = len(sovereign.trusted("pia")) + len(sovereign.trusted("pablo"))
    async with contextlib.AsyncExitStack() as stack:
        phones = [await stack.enter_async_context(await sovereign.new_device("pia", signed=False)) for _ in ODD_KEYS]
        odd = dict(zip((phone.device_id for phone in phones), ODD_KEYS, strict=True))
        by_id = {phone.device_id: phone for phone in phones}
        asked = {"one_time_keys": {pia.user_id: {phones[0].device_id: "signed_curve25519"}}}
        genuine = (await pia.call("POST", "/_matrix/client/v3/keys/claim", asked))["one_time_keys"]
        [anothers] = genuine[pia.user_id][phones[0].device_id].values()
        whole: list[Any] = [[], {}, {"one_time_keys": []}, {"one_time_keys": {pia.user_id: []}}, 7]
        answered: list[str] = []

        def change(answer: dict[str, Any]) -> Any:
            """Each key in its own way, and from the second time on one answer after the other that is none at all."""
            answered.append("")
            if len(answered) > 1 and whole:
                return whole.pop()
            keys = answer["one_time_keys"].get(pia.user_id, {})
            for device in keys.keys() & odd.keys():
                keys[device] = odd[device](keys[device], anothers, by_id[device])
            return None

        async with Operator(sovereign.federation, 1) as operator:
            operator.lie("/user/keys/claim", change)
            await sovereign.sign("pia", *phones)
            await house.until(lambda: by_id.keys() <= sovereign.trusted("pia"), "the devices to count", LONG)
            begun = time.monotonic()
            ref = await send(house, "CERT-PE", "Whatever their keys are")
            await house.hear("pablo", "Whatever their keys are", patience=LONG)
            await pia.hear(room, "Whatever their keys are", sender=house.bot, patience=LONG)
            await send(house, "CERT-BR", "For another room")
            await house.hear("bruno", "For another room", patience=LONG)
            assert time.monotonic() - begun < SOON
            everybody = count + len(phones)
            await house.hear(
                "ana", rf"{ref}.*In their room 1/1 · keys for {count}/{everybody}", edits=True, patience=LONG
            )
            await house.until(lambda: not whole, "everything to be answered once", LONG)
            for phone in phones:
                assert olm.session_store.get(phone.client.olm.account.identity_keys["curve25519"]) is None
                assert not copies(phone, "Whatever their keys are")
        for phone in phones:
            await phone.hear(room, "Whatever their keys are", sender=house.bot, patience=LONG)
            assert len(copies(phone, "Whatever their keys are")) == 1
        await house.hear("ana", rf"{ref}.*keys for {everybody}/{everybody}", edits=True, patience=LONG)


def signed_nonsense(value: str) -> OddKey:
    """What the device itself has signed, and no key is."""

    def make(_: Any, __: Any, phone: Person) -> Any:
        key = {"key": value}
        name = f"ed25519:{phone.device_id}"
        return {"signed_curve25519:AA": {**key, "signatures": {phone.user_id: {name: phone.client.olm.sign_json(key)}}}}

    return make


def unsigned(keys: Any, _: Any, __: Any) -> Any:
    return {name: {**key, "key": vodozemac.Account().curve25519_key.to_base64()} for name, key in keys.items()}


ODD_KEYS: tuple[OddKey, ...] = (
    unsigned,
    signed_nonsense("no key"),
    signed_nonsense(""),
    lambda keys, anothers, _: dict.fromkeys(keys, anothers),
    lambda keys, _, __: {**keys, "signed_curve25519:BB": next(iter(keys.values()))},
    lambda keys, _, __: {f"un{name}": key["key"] for name, key in keys.items()},
    lambda keys, _, __: dict.fromkeys(keys, 7),
    lambda _, __, ___: [],
)


# --- forks of a room's state ------------------------------------------------------------------------------


@dataclass
class Forked:
    """A room that Bruno made, and a branch that begins before whatever a case does next."""

    sovereign: Sovereign
    sender: Sender
    branch: Branch
    bruno: Person
    mallory: Person
    room: str

    async def put(self, kind: str, content: dict[str, Any]) -> None:
        """Bruno sets state, as enlace comes to see."""
        await self.bruno.call("PUT", f"/_matrix/client/v3/rooms/{self.room}/state/{kind}", content)
        await self.sovereign.house.until(lambda: view(self.sovereign.house, self.room).content(kind) == content, kind)

    async def get(self, kind: str) -> dict[str, Any]:
        return await self.bruno.call("GET", f"/_matrix/client/v3/rooms/{self.room}/state/{kind}")

    async def fork(self, kind: str, content: dict[str, Any], *, key: str = "", at: int | None = None) -> None:
        """Bruno has set this before, his server says."""
        await self.sender.push(self.branch.add(self.bruno.user_id, kind, content, key=key, at=at))

    async def admit(self) -> None:
        """Bruno lets Mallory in, as enlace comes to see."""
        await self.bruno.invite(self.room, self.mallory.user_id)
        await self.mallory.join(self.room)
        house = self.sovereign.house
        await house.until(lambda: self.mallory.user_id in view(house, self.room).members(), "Mallory")


def view(house: House, room: str) -> RoomState:
    """The room as enlace holds it now."""
    app = house.world.app
    assert app is not None
    return app.matrix._states.get(RoomId(room)) or RoomState(RoomId(room))


async def told(house: House, room: str) -> dict[tuple[str, str], StateEvent]:
    """The room as enlace's homeserver says that it is."""
    app = house.world.app
    assert app is not None
    state = RoomState(RoomId(room))
    state.replace_all(await http.room_state(app.matrix.client, state.room))
    return state.events


async def as_told(house: House, room: str) -> None:
    """enlace holds what its homeserver says, and what the homeserver sent it before has come."""
    await house.barrier("ana")
    held = view(house, room).events
    assert held == await told(house, room)


async def newest(person: Person, room: str) -> str:
    """The newest event of a room on its member's server."""
    found = await person.call("GET", f"/_matrix/client/v3/rooms/{room}/messages?dir=b&limit=1")
    return str(found["chunk"][0]["event_id"])


async def left_before(it: Forked) -> None:
    await it.admit()
    await it.fork(MEMBER, {"membership": "leave"}, key=it.mallory.user_id)
    assert (await told(it.sovereign.house, it.room))[MEMBER, it.mallory.user_id].content["membership"] == "join"


async def closed_before(it: Forked) -> None:
    await it.put(JOINING, {"join_rule": "public"})
    await it.fork(JOINING, {"join_rule": "invite"}, at=LONG_AGO)
    assert (await told(it.sovereign.house, it.room))[JOINING, ""].content == {"join_rule": "public"}


async def closed_before_while_away(it: Forked) -> None:
    await it.put(JOINING, {"join_rule": "public"})
    await it.sovereign.house.world.stop()
    await it.fork(JOINING, {"join_rule": "invite"}, at=LONG_AGO)
    await it.sovereign.house.world.run()
    assert (await told(it.sovereign.house, it.room))[JOINING, ""].content == {"join_rule": "public"}


async def opened(it: Forked) -> None:
    await it.bruno.say(it.room, "on the other branch")
    await it.fork(JOINING, {"join_rule": "public"})
    assert (await told(it.sovereign.house, it.room))[JOINING, ""].content == {"join_rule": "public"}


async def demoted_before(it: Forked) -> None:
    levels = await it.get(POWER)
    await it.put(POWER, {**levels, "users": {it.mallory.user_id: 100}})
    await it.fork(POWER, levels, at=LONG_AGO)
    assert (await told(it.sovereign.house, it.room))[POWER, ""].content["users"] == {it.mallory.user_id: 100}


async def enlace_demoted(it: Forked) -> None:
    bot, levels = it.sovereign.house.bot, await it.get(POWER)
    await it.put(POWER, {**levels, "users": {bot: 50}})
    await it.fork(POWER, levels)
    assert not (await told(it.sovereign.house, it.room))[POWER, ""].content["users"]


async def enlace_promoted_before(it: Forked) -> None:
    bot, levels = it.sovereign.house.bot, await it.get(POWER)
    await it.put(POWER, {**levels, "events_default": 1})
    await it.fork(POWER, {**levels, "users": {bot: 50}}, at=LONG_AGO)
    assert not (await told(it.sovereign.house, it.room))[POWER, ""].content["users"]


async def encrypted_before(it: Forked) -> None:
    good = await it.get(ENCRYPTION)
    await it.put(ENCRYPTION, {"algorithm": "org.example.none"})
    await it.fork(ENCRYPTION, good, at=LONG_AGO)
    assert (await told(it.sovereign.house, it.room))[ENCRYPTION, ""].content == {"algorithm": "org.example.none"}


async def unencrypted(it: Forked) -> None:
    await it.bruno.say(it.room, "on the other branch")
    await it.fork(ENCRYPTION, {})
    assert not (await told(it.sovereign.house, it.room))[ENCRYPTION, ""].content


async def joined(it: Forked) -> None:
    await it.bruno.say(it.room, "on the other branch")
    await it.sender.push(*let_in(it))
    assert (await told(it.sovereign.house, it.room))[MEMBER, it.mallory.user_id].content["membership"] == "join"


def let_in(it: Forked) -> tuple[EventBase, EventBase]:
    """Mallory comes on the branch; nothing of it is sent yet."""
    return (
        it.branch.add(it.bruno.user_id, MEMBER, {"membership": "invite"}, key=it.mallory.user_id),
        it.branch.add(it.mallory.user_id, MEMBER, {"membership": "join"}, key=it.mallory.user_id),
    )


CASES: tuple[Callable[[Forked], Awaitable[None]], ...] = (
    joined,
    left_before,
    closed_before,
    opened,
    demoted_before,
    enlace_demoted,
    enlace_promoted_before,
    encrypted_before,
    unencrypted,
    closed_before_while_away,
)


@asynccontextmanager
async def forked(sovereign: Sovereign, sender: Sender) -> AsyncIterator[Forked]:
    """A new room of Bruno's with enlace in it, which he leaves at the end: while his own is unfit, what is for him
    would go there."""
    house = sovereign.house
    bruno = house.people["bruno"]
    async with await sovereign.stranger(1) as mallory:
        room = await bruno.create_room("forked", [house.bot])
        await bruno.wait_member(room, house.bot)
        await house.until(lambda: view(house, room).ours == "join", "enlace to see its own arrival")
        branch = await sender.branch(room, await newest(bruno, room))
        yield Forked(sovereign, sender, branch, bruno, mallory, room)
        await bruno.call("POST", f"/_matrix/client/v3/rooms/{room}/leave", {})
        await house.until(lambda: bruno.user_id not in view(house, room).members(), "Bruno to leave")


def place(event: EventBase) -> tuple[str, str | None]:
    return event.type, event.state_key if event.is_state() else None


def answering(value: Any) -> Instead:
    async def answer(_: web.Request) -> web.Response:
        return web.json_response(value)

    return answer


async def test_whom_a_branch_hides_ends_what_is_said_there(sovereign: Sovereign) -> None:
    """Mallory left before she came, says Bruno's server; enlace's own resolves that she is there."""
    house = sovereign.house
    house.begin()
    bruno, room = house.people["bruno"], house.rooms["bruno"]
    async with Sender(sovereign.federation) as sender, await sovereign.stranger(1) as mallory:
        it = Forked(sovereign, sender, await sender.branch(room, await newest(bruno, room)), bruno, mallory, room)
        await left_before(it)
        await as_told(house, room)
        await house.verified(room, ok=False)
        await send(house, "CERT-BR", "Not for who is hidden")
        await house.hear("ana", "Held for CERT-BR", edits=True, patience=LONG)
        await bruno.call("POST", f"/_matrix/client/v3/rooms/{room}/kick", {"user_id": mallory.user_id})
        await house.hear("bruno", "Not for who is hidden", patience=LONG)
        assert len(copies(bruno, "Not for who is hidden")) == 1
        assert not copies(mallory, "Not for who is hidden")
        await as_told(house, room)


async def test_whom_no_sync_tells_of_is_found(sovereign: Sovereign, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mallory stands only in the state before an event that enlace may not see: a homeserver tells its clients of
    neither, and that she is in the room all the same says only its state."""
    house = sovereign.house
    async with Sender(sovereign.federation) as sender, forked(sovereign, sender) as it:
        mallory = it.mallory
        invited, _ = let_in(it)
        withheld, middle, last = (it.branch.add(it.bruno.user_id, "m.room.message", {"body": "x"}) for _ in range(3))
        auth = {event.event_id: event.get_pdu_json() for event in (*it.branch.state.values(), invited)}
        at = {e.event_id: e.get_pdu_json() for e in it.branch.state.values() if (MEMBER, house.bot) != place(e)}
        every = {**auth, **at, withheld.event_id: withheld.get_pdu_json()}

        async def one(request: web.Request) -> web.Response:
            found = every.get(unquote(request.raw_path.rsplit("/", 1)[1]))
            return web.json_response({"pdus": [found]}) if found else await refuse(request)

        async with Operator(sovereign.federation, 1) as operator:
            operator.instead("/get_missing_events/", answering({"events": [middle.get_pdu_json()]}))
            operator.instead("/state_ids/", answering({"pdu_ids": [*at], "auth_chain_ids": [*auth]}))
            operator.instead("/state/", answering({"pdus": [*at.values()], "auth_chain": [*auth.values()]}))
            operator.instead("/event/", one)
            operator.instead("/backfill/", refuse)
            await sender.push(last)
        assert (await told(house, it.room))[MEMBER, mallory.user_id].content["membership"] == "join"
        await house.barrier("ana")
        assert mallory.user_id not in view(house, it.room).members(), "the sync told of it"
        monkeypatch.setattr(news, "STATE_EVERY", 1.0)
        await house.until(lambda: mallory.user_id in view(house, it.room).members(), "Mallory to be found")
        await as_told(house, it.room)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
async def test_where_branches_meet_enlace_sees_what_its_homeserver_does(
    sovereign: Sovereign, case: Callable[[Forked], Awaitable[None]]
) -> None:
    async with Sender(sovereign.federation) as sender, forked(sovereign, sender) as it:
        await case(it)
        await as_told(sovereign.house, it.room)
