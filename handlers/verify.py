"""``!verify``: asks for an identity statement, and takes it.  ``!verify bot`` proves who the bot is."""

from collections.abc import Mapping
from typing import Any, Protocol

from bot.commands.call import Access, Answer, Call, Command, Reply
from bot.db.unit import Unit
from bot.directory.service.enrolment import Enrolment, Evidence
from bot.errors import NotDone
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, quote
from bot.outbox.model import Audience
from bot.tlp import Tlp
from keys.fingerprint import OpenPGPFingerprint

BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----"


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
    def own_identity(self) -> Own:
        """The bot's own identity."""


class VerifyWhat(NotDone):
    """“{word}” is nothing that can be verified here; nothing was done."""

    code = "verify-what"


async def prepare(call: Call, services: Needs) -> Mapping[str, Any]:
    """Ask the homeserver and gpg."""
    if BEGIN in call.text:
        signed = call.text[call.text.index(BEGIN) :]
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
    if call.first_line:
        raise VerifyWhat(word=call.first_line[:60])
    statement = await services.enrolment.challenge(unit, user, room, call.caller.device)
    return Reply(
        Rich.lines([say(language, "verify-how"), _block(statement), say(language, "verify-where")]),
        tlp=Tlp.CLEAR,
        audience=Audience.OPEN,
    )


def _block(text: str) -> Rich:
    """Text to copy exactly."""
    said = quote(text)
    return Rich(said.plain, f"<pre><code>{said.html.replace('<br>', chr(10))}</code></pre>")


COMMAND = Command(name="verify", access=Access.ANYONE, run=run, prepare=prepare, group="trust")
