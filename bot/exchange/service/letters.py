"""Organisations that are not on enlace: what is for them goes as an OpenPGP letter, if its author says so.

A letter is encrypted to the key that the directory has of them, or does not go at all.  It is handed over once; no
answer, edit or file follows it, and nobody can take it back.
"""

import asyncio
from base64 import b64encode
from collections.abc import Iterable, Sequence

from bot.db.unit import Unit
from bot.directory.model import OpenPGPKey, Organisation
from bot.directory.rules.resolve import Addressee
from bot.directory.rules.visibility import Audience as Readers
from bot.directory.rules.visibility import visible
from bot.directory.service import Register, by_urgency, say_contact
from bot.exchange.model import Author, Envelope
from bot.exchange.rules.tlp import by_mail, rule
from bot.exchange.service.exchanges import LabelForbids
from bot.exchange.service.texts import letter
from bot.i18n.catalogue import catalogue
from bot.i18n.rich import Rich
from bot.ids import Handle, Ref, RoomId
from bot.outbox.model import MAIL, Audience, Kind, Post
from bot.outbox.service import Outbox
from bot.tlp import Tlp
from keys.errors import EnlaceError
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import OpenPGP

LONGEST_ADDRESS = 240
REACHES = ("emergency-phone", "phone", "email")
"""Kinds of contacts by which a letter is answered."""
FIRST = 1
"""The number, within its exchange, of the message that a letter carries."""


class Letters:
    """Offers and writes letters; without ``openpgp`` there is no mail server, and nothing is offered."""

    def __init__(self, outbox: Outbox, register: Register, openpgp: OpenPGP | None) -> None:
        self._outbox = outbox
        self._register = register
        self._openpgp = openpgp

    @property
    def possible(self) -> bool:
        """Whether there is a mail server at all."""
        return self._openpgp is not None

    def envelopes(self, absent: Iterable[Addressee], readers: Readers, tlp: Tlp) -> tuple[Envelope, ...]:
        """To which of them a letter can be offered to whoever reads the answer: organisations with an address that
        they may see and a key, and only what may go by mail."""
        if self._openpgp is None or not rule(tlp, by_mail(encrypted=True)).allowed:
            return ()
        found: dict[Handle, Envelope] = {}
        for addressee in absent:
            organisation = addressee.organisation
            key = next((key for key in organisation.openpgp if key.data), None)
            contacts = visible(
                organisation.contacts, readers, organisation, self._register.connected(organisation.handle)
            )
            addresses = [c.value for c in contacts if c.kind == "email" and len(c.value) <= LONGEST_ADDRESS]
            if addressee.person is None and key is not None and addresses:
                found[organisation.handle] = Envelope(organisation.handle, addresses[0], key.fingerprint)
        return tuple(found.values())

    async def usable(self, fingerprints: Iterable[str]) -> list[str]:
        """Those of these keys of organisations that gpg encrypts to now; slow, so never inside a transaction."""
        return await asyncio.to_thread(self._usable, set(fingerprints))

    def _usable(self, wanted: set[str]) -> list[str]:
        keys = {key.fingerprint: key for o in self._register.organisations() for key in o.openpgp if key.data}
        found = []
        for fingerprint in sorted(wanted & keys.keys()):
            try:
                if self._openpgp is not None:
                    self._openpgp.import_key(keys[fingerprint].data or b"")
                    self._openpgp.encrypt(b"?", [OpenPGPFingerprint(fingerprint)])
                    found.append(fingerprint)
            except EnlaceError:
                continue
        return found

    async def post(
        self,
        unit: Unit,
        ref: Ref,
        tlp: Tlp,
        author: Author,
        subject: str,
        body: str,
        envelopes: Sequence[Envelope],
        names: Sequence[str],
    ) -> None:
        """Queue a letter for each of them; ``names`` are all who get it.

        Raises :class:`bot.exchange.service.exchanges.LabelForbids`."""
        for envelope in envelopes:
            if not rule(tlp, by_mail(encrypted=True)).allowed:
                raise LabelForbids(label=str(tlp), whom=str(envelope.organisation))
            organisation = self._register.organisation(envelope.organisation)
            language = catalogue().choose(*(organisation.languages if organisation else ()))
            ways = self._ways(author.organisation, envelope.organisation, tlp)
            await self._outbox.post(
                unit,
                Post(
                    room=RoomId(MAIL + envelope.address),
                    kind=Kind.LETTER,
                    content={
                        "subject": f"enlace {ref}",
                        "sealed": letter(language, author, tlp, ref, subject, body, names, ways),
                        "only_sealed": True,
                        "fingerprint": envelope.fingerprint,
                        "org.enlace.exchange": {"seq": FIRST},
                    },
                    audience=Audience.PINNED,
                    tlp=tlp,
                    ref=ref,
                    organisation=envelope.organisation,
                ),
            )

    def _ways(self, author: Handle, reader: Handle, tlp: Tlp) -> Rich:
        """How the author's organisation is reached, as far as the reader of the letter may see: up to its label."""
        own = self._register.organisation(author)
        if own is None:
            return Rich()
        readers = Readers(
            verified=True, direct=False, shared_room=False, organisations=frozenset({reader}), ceiling=tlp
        )
        ways = Rich()
        for contact in by_urgency(visible(own.contacts, readers, own, self._register.connected(own.handle))):
            if contact.kind in REACHES:
                ways = ways + (Rich(" · ", " · ") if ways else Rich()) + say_contact(contact)
        return ways


def sealed_to(key: OpenPGPKey | None) -> dict[str, str]:
    """To whom a letter is encrypted, for the edge that writes it; empty: in the clear."""
    return {"key": b64encode(key.data).decode(), "fingerprint": key.fingerprint} if key and key.data else {}


def key_now(organisation: Organisation | None, address: str, fingerprint: str) -> dict[str, str]:
    """To what a letter is encrypted as the directory is now; empty if the organisation has that address or that key
    no longer: then it does not go."""
    if organisation is None or address not in {c.value for c in organisation.contacts if c.kind == "email"}:
        return {}
    return sealed_to(next((key for key in organisation.openpgp if key.fingerprint == fingerprint), None))
