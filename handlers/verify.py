"""``!verify``: asks for an identity statement, and takes it.  ``!verify bot`` proves who the bot is, and
``!verify revoke @x`` withdraws an identity."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Protocol

from bot.audit.service import Actor
from bot.commands.access import DeviceNotTrusted, NotVerified
from bot.commands.answers import fold
from bot.commands.call import Access, Answer, Call, Command, Reply
from bot.commands.parse import take_user
from bot.db.unit import Unit
from bot.directory.service.enrolment import Enrolment, Evidence
from bot.directory.service.statement_files import STATEMENT, StatementFiles
from bot.errors import NotDone
from bot.i18n.catalogue import catalogue, say
from bot.i18n.rich import Rich, code, quote
from bot.outbox.model import Audience
from bot.tlp import Tlp
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import NotSigned
from keys.statement import SIGNATURE, SIGNED_MESSAGE


class Own(Protocol):
    """The bot's own identity."""

    async def statement(self) -> str:
        """The bot's identity, clear-signed with its OpenPGP key (slow)."""

    @property
    def fingerprint(self) -> OpenPGPFingerprint:
        """Of the bot's OpenPGP key."""


class Needs(Protocol):
    """What ``!verify`` uses."""

    @property
    def enrolment(self) -> Enrolment:
        """Challenges and statements."""

    @property
    def statement_files(self) -> StatementFiles:
        """Statements that come as files."""

    @property
    def own_identity(self) -> Own:
        """The bot's own identity."""


class VerifyWhat(NotDone):
    """“{word}” is nothing that can be verified here; nothing was done."""

    code = "verify-what"


async def prepare(call: Call, services: Needs) -> Mapping[str, Any]:
    """Ask the homeserver and gpg."""
    signed = _signed(call.text)
    if STATEMENT in call.extra:
        signed = await services.statement_files.read(call.place.room, call.extra[STATEMENT], call.reply_to)
    if signed is not None:
        return {"signed": signed, "evidence": await services.enrolment.examine(call.caller.user, signed)}
    if call.first_line.casefold() == "bot":
        return {"own": await services.own_identity.statement()}
    return {}


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Answer with the challenge, the bot's own statement, or what the sent statement led to."""
    language, user, room = call.language, call.caller.user, call.place.room
    if "own" in call.extra:
        grouped = services.own_identity.fingerprint.grouped()
        text = Rich.lines([say(language, "verify-bot", fingerprint=grouped), _block(str(call.extra["own"]))])
        return Reply(text, tlp=Tlp.CLEAR, audience=Audience.OPEN)
    if "evidence" in call.extra:
        evidence: Evidence = call.extra["evidence"]
        pin = await services.enrolment.accept(
            unit, user=user, room=room, device=call.caller.device, evidence=evidence, signed=call.extra["signed"]
        )
        which = "verify-done-master" if pin.master_key is not None else "verify-done-devices"
        devices = ", ".join(sorted(device.device_id for device in pin.devices))
        text = say(language, which, name=call.caller.name, until=f"{pin.expires:%Y-%m-%d}", devices=devices)
        return Reply(text, tlp=Tlp.CLEAR, audience=Audience.OPEN)
    word, _, rest = call.first_line.partition(" ")
    if fold(word) in words():
        return await _revoke(call, unit, services, rest)
    if call.first_line:
        raise VerifyWhat(word=call.first_line[:60])
    if call.body.strip():
        raise NotSigned
    statement = await services.enrolment.challenge(unit, user, room, call.caller.device)
    return Reply(
        Rich.lines([say(language, "verify-how"), _block(statement), say(language, "verify-where")]),
        tlp=Tlp.CLEAR,
        audience=Audience.OPEN,
    )


async def _revoke(call: Call, unit: Unit, services: Needs, whom: str) -> Answer:
    """``!verify`` itself is for anyone; to withdraw, one's own word must count, also in a room that is held."""
    caller = call.caller
    if not caller.verified:
        raise NotVerified
    if not any(device.device_id == caller.device for device in caller.verdict.trusted_devices):
        raise DeviceNotTrusted(device=caller.device)
    user, _ = take_user(whom)
    await services.enrolment.revoke(
        unit,
        user,
        actor=Actor(caller.organisation, caller.name, caller.user, caller.device),
        lead=caller.lead,
        coordinator=caller.coordinator and caller.verdict.level == "verified",
        room=call.place.room,
    )
    return Reply(say(call.language, "verify-revoked", user=code(user)), tlp=Tlp.CLEAR, audience=Audience.OPEN)


@cache
def words() -> frozenset[str]:
    """The words for revoking, folded, in every language."""
    said = [say(language, "verify-do-revoke").plain for language in catalogue().languages]
    return frozenset(fold(word) for text in said for word in text.split())


def _signed(text: str) -> str | None:
    """What was signed and sent, whole: clear-signed, or the text with its detached signature below."""
    if SIGNED_MESSAGE in text:
        return text[text.index(SIGNED_MESSAGE) :]
    return text.strip("\n") if SIGNATURE in text else None


def _block(text: str) -> Rich:
    """Text to copy exactly."""
    said = quote(text)
    return Rich(said.plain, f"<pre><code>{said.html.replace('<br>', chr(10))}</code></pre>")


def urgent(call: Call) -> bool:
    """A withdrawal."""
    return fold(call.first_line.partition(" ")[0]) in words()


COMMAND = Command(name="verify", access=Access.ANYONE, run=run, prepare=prepare, group="trust", urgent=urgent)
