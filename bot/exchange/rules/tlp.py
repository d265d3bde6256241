"""TLP 2.0 as a hard rule: one decision in one function.  ``docs/tlp.md`` is its table."""

import enum
from dataclasses import dataclass

from bot.tlp import Tlp
from keys.trust import PersonVerdict


class Way(enum.StrEnum):
    """How it would travel."""

    DESK = "desk"
    """A room of the named organisation."""
    DIRECT = "direct"
    """The direct room of one named person."""
    INCIDENT = "incident"
    """The room of an incident in which the named organisations take part."""
    COORDINATION = "coordination"
    """A room shared by the networks' organisations."""
    MAIL = "mail"
    """A letter, outside Matrix."""


@dataclass(frozen=True, slots=True)
class Leg:
    """One copy's way: the facts that the decision rests on."""

    way: Way
    room_verified: bool
    named_organisation: bool
    """The room belongs only to organisations that the sender named."""
    named_person: bool
    """The room is the direct room of a person that the sender named."""
    shares_network: bool
    """Everyone there belongs to a network that the sender's organisation belongs to."""
    lowest_level: str
    """The lowest trust level among the readers: ``verified``, ``grace``, ``vouched`` or ``none``."""
    unsigned_device: bool = False
    """One of the readers has a device that their pinned identity has not signed."""
    encrypted: bool = False
    """Of a letter: to a key that the directory has of the named organisation now."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether it may go, and the locale key ``tlp-no-<reason>`` if not."""

    allowed: bool
    reason: str | None = None


ALLOWED = Ruling(allowed=True)


def level_of(verdict: PersonVerdict) -> str:
    """The person's level of trust, as ceilings go by it."""
    return verdict.standing.value if verdict.standing.good else "none"


def ceiling(level: str) -> Tlp | None:
    """The most restrictive label that somebody of this trust level may read, and may use (trust.md 3 and 4)."""
    return {"verified": Tlp.RED, "vouched": Tlp.AMBER, "grace": Tlp.GREEN}.get(level)


def within_ceiling(label: Tlp, level: str) -> Ruling:
    """Whether somebody of this trust level may read it, and may say it."""
    most = ceiling(level)
    fits = label is Tlp.CLEAR or (most is not None and label <= most)
    return ALLOWED if fits else Ruling(allowed=False, reason="level")


def by_mail(*, encrypted: bool) -> Leg:
    """The way of a letter to an organisation that was named."""
    return Leg(
        way=Way.MAIL,
        room_verified=False,
        named_organisation=True,
        named_person=False,
        shares_network=False,
        lowest_level="none",
        encrypted=encrypted,
    )


def rule(label: Tlp, leg: Leg) -> Ruling:  # noqa: PLR0911  (one line per clause of the table)
    """Decide whether information under ``label`` may take ``leg``."""
    # 1. CLEAR may go anywhere.
    if label is Tlp.CLEAR:
        return ALLOWED
    # 2. By mail only encrypted to the organisation that was named, and RED never.
    if leg.way is Way.MAIL:
        if label is Tlp.RED:
            return Ruling(allowed=False, reason="red-mail")
        sealed = leg.encrypted and leg.named_organisation
        return ALLOWED if sealed else Ruling(allowed=False, reason="mail")
    # 3. Everything else stays inside verified rooms.
    if not leg.room_verified:
        return Ruling(allowed=False, reason="room")
    # 4. Nobody reads above what their level of trust allows.
    if not (ruling := within_ceiling(label, leg.lowest_level)).allowed:
        return ruling
    # 5. RED: named people only, each in their own direct room, and on devices that are all theirs beyond doubt.
    if label is Tlp.RED:
        if leg.way is Way.DIRECT and leg.named_person:
            return Ruling(allowed=False, reason="device") if leg.unsigned_device else ALLOWED
        return Ruling(allowed=False, reason="red")
    # 6. AMBER and AMBER+STRICT: rooms of the named organisations only.
    if label in (Tlp.AMBER, Tlp.AMBER_STRICT):
        return ALLOWED if leg.named_organisation or leg.named_person else Ruling(allowed=False, reason="organisation")
    # 7. GREEN: as AMBER, and the community, which is the networks that both sides belong to.
    reached = leg.shares_network or leg.named_organisation or leg.named_person
    return ALLOWED if reached else Ruling(allowed=False, reason="network")


def accepted_in(label: Tlp, room_kind: str, level: str) -> Ruling:
    """Whether somebody of this trust level may hand in a message under this label there."""
    # 1. RED only where nobody else has seen it.
    if label is Tlp.RED and room_kind != "direct":
        return Ruling(allowed=False, reason="red-room")
    # 2. Nobody says what is above their own ceiling.
    return within_ceiling(label, level)
