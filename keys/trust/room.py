"""The verdict on a room: is everything that leaves the bot into it read by those it is for, and by nobody else."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from keys.policy import Check
from keys.trust.person import PersonVerdict, Standing

RoomKind = Literal["desk", "direct", "incident", "coordination"]
Membership = Literal["join", "invite"]

CHECKS = (
    "room-bot-joined",
    "room-encrypted",
    "room-encryption-kept",
    "room-invite-only",
    "room-history-closed",
    "room-no-guests",
    "room-members-known",
    "room-members-unchanged",
    "room-members-unrevoked",
    "room-members-current",
    "room-members-belong",
    "room-direct-alone",
    "room-guarded",
    "room-servers-allowed",
)
"""Every check of a room, in the order in which they are asked."""

PROTECTED = (
    "m.room.encryption",
    "m.room.join_rules",
    "m.room.history_visibility",
    "m.room.guest_access",
    "m.room.power_levels",
    "m.room.server_acl",
)
"""The state that makes a room safe: who can change it can undo the verdict."""


@dataclass(frozen=True)
class RoomFacts:
    """A room's state, from our own copy of unencrypted state events.

    ``members`` holds everyone joined or invited, the bot too.  ``ever_encrypted`` is remembered and never
    unlearned.  ``join_rule``, ``history_visibility`` and ``guest_access`` are None where there is no such event.
    ``power`` holds explicit levels, and ``float("inf")`` for the creators of a version 12 room;
    ``protected_level`` is what :func:`protected_level` gives.  ``servers`` empty means any homeserver;
    ``organisations`` None means any of the directory.
    """

    kind: RoomKind
    bot: str
    members: Mapping[str, Membership]
    encrypted: bool
    ever_encrypted: bool
    join_rule: str | None
    history_visibility: str | None
    guest_access: str | None
    power: Mapping[str, float]
    users_default: float
    protected_level: float
    servers: frozenset[str] = frozenset()
    organisations: frozenset[str] | None = None


@dataclass(frozen=True)
class RoomVerdict:
    """Whether a room is verified, and every check with its reason."""

    ok: bool
    checks: tuple[Check, ...]

    @property
    def failed(self) -> tuple[Check, ...]:
        """The checks that are not ok."""
        return tuple(check for check in self.checks if not check.ok)


def judge_room(facts: RoomFacts, people: Mapping[str, PersonVerdict]) -> RoomVerdict:
    """The verdict on a room, given the verdict on each member; who has none is unknown.  Every check must be ok.

    0. the bot is in it; 1. encryption is in its state, and once seen is never accepted as absent; 2. join rule
    ``invite`` or ``knock``; 3. history ``joined`` or ``invited``; 4. no guests; 5. every joined or invited member
    is the bot or a verified person of the organisations that the room is for, in a direct room just one;
    6. only they can change the state that this rests on; 7. allowed homeservers only.
    An unsigned device of a verified person is no reason here: it gets no keys, and the room stays verified.
    """
    others = sorted(user for user in facts.members if user != facts.bot)
    standing = {user: _standing(user, people) for user in others}

    def standing_in(*bad: Standing) -> list[str]:
        return [user for user in others if standing[user] in bad]

    belong = None if facts.organisations is None else {handle.casefold() for handle in facts.organisations}
    strangers = [
        user
        for user in others
        if standing[user].good and belong is not None and (people[user].organisation or "").casefold() not in belong
    ]
    foreign = [user for user in facts.members if facts.servers and _server(user) not in facts.servers]
    checks = (
        # 0.
        Check("room-bot-joined", facts.members.get(facts.bot) == "join"),
        # 1.
        Check("room-encrypted", facts.encrypted or facts.ever_encrypted),
        Check("room-encryption-kept", facts.encrypted or not facts.ever_encrypted),
        # 2.
        Check("room-invite-only", facts.join_rule in {"invite", "knock"}, {"value": facts.join_rule or "–"}),
        # 3.
        Check(
            "room-history-closed",
            facts.history_visibility in {"joined", "invited"},
            {"value": facts.history_visibility or "–"},
        ),
        # 4. Without the event no guest may join (Matrix v1.19, m.room.guest_access).
        Check("room-no-guests", facts.guest_access in {None, "forbidden"}, {"value": facts.guest_access or "–"}),
        # 5.
        _all_of("room-members-known", standing_in(Standing.UNKNOWN)),
        _all_of("room-members-unchanged", standing_in(Standing.CHANGED)),
        _all_of("room-members-unrevoked", standing_in(Standing.REVOKED)),
        _all_of("room-members-current", standing_in(Standing.EXPIRED)),
        _all_of("room-members-belong", strangers),
        Check("room-direct-alone", facts.kind != "direct" or len(others) == 1, {"count": len(others)}),
        # 6.
        _guarded(facts, {user for user in others if standing[user].good}),
        # 7.
        _all_of("room-servers-allowed", foreign),
    )
    return RoomVerdict(all(check.ok for check in checks), checks)


def protected_level(content: Mapping[str, Any] | None) -> float:
    """The lowest power level that may change one of :data:`PROTECTED`, by an ``m.room.power_levels`` content.

    Without the event it is 0, and ``state_default`` is 50 otherwise (Matrix v1.19, m.room.power_levels).  What is
    not a number counts as 0: then everybody counts as able.
    """
    if content is None:
        return 0
    events = content.get("events", {})
    if not isinstance(events, Mapping):
        return 0
    return min(_level(events.get(kind, content.get("state_default", 50))) for kind in PROTECTED)


def _level(value: object) -> float:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def _standing(user: str, people: Mapping[str, PersonVerdict]) -> Standing:
    verdict = people.get(user)
    return verdict.standing if verdict is not None and verdict.user_id == user else Standing.UNKNOWN


def _guarded(facts: RoomFacts, verified: Collection[str]) -> Check:
    """Who is not in the room can change nothing in it; who might come in by invitation has the default level."""

    def below(level: float) -> bool:
        return level < facts.protected_level  # False for what is not a number: then it counts as able

    able = [
        user
        for user in facts.members
        if not below(facts.power.get(user, facts.users_default)) and user != facts.bot and user not in verified
    ]
    anybody = not below(facts.users_default)
    return Check(
        "room-guarded", not able and not anybody, {"users": ", ".join(sorted(able)) or "*", "count": len(able)}
    )


def _all_of(name: str, offenders: list[str]) -> Check:
    return Check(name, not offenders, {"users": ", ".join(sorted(offenders)), "count": len(offenders)})


def _server(user: str) -> str:
    """The homeserver's name: everything after the first colon."""
    return user.partition(":")[2]
