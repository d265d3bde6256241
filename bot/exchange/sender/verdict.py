"""A row's fate as of now, from memory: who is in its room, how far they are trusted, what its label allows."""

from bot.clock import Clock
from bot.directory.service import Register
from bot.exchange.rules.sending import Decision, Situation, fate, letter, may_wait, outside
from bot.exchange.rules.tlp import Leg, Way, level_of, rule
from bot.exchange.service import key_now
from bot.outbox.model import MAIL, Audience, Kind, Outgoing, Post, is_outside
from bot.ports import TrustView

LOGGED = (Kind.COPY, Kind.LETTER, Kind.PAGE)
"""What becomes of these is written into the log, and their label decides."""
LEVELS = ("verified", "vouched", "grace", "none")
"""From most to least trusted."""


class Verdict:
    """Asked before each send, and again where something was awaited."""

    def __init__(self, register: Register, trust: TrustView, clock: Clock) -> None:
        self._register = register
        self._trust = trust
        self._clock = clock

    def decide(self, row: Outgoing) -> Decision:
        """The row's fate as of now, from memory."""
        post, now = row.post, self._clock.now()
        if post.kind is Kind.LETTER:
            return letter(post.tlp, post.expires_at, now, encrypted=bool(self.key(row)))
        if is_outside(post.room):
            return outside(post.tlp, post.expires_at, now)
        return fate(self.situation(row))

    def key(self, row: Outgoing) -> dict[str, str]:
        """To what a letter is encrypted, by the directory as of now; empty if to nothing."""
        organisation = self._register.organisation(row.post.organisation or "")
        return key_now(organisation, row.post.room.removeprefix(MAIL), str(row.post.content.get("fingerprint", "")))

    def situation(self, row: Outgoing) -> Situation:
        """The facts about a row, as of now."""
        post = row.post
        verified = post.audience is not Audience.VERIFIED or self._trust.room(post.room).ok
        return Situation(
            kind=post.kind,
            waits=may_wait(post),
            audience=post.audience,
            encrypted=self._trust.encrypted(post.room),
            room_verified=verified,
            label_allows=post.kind not in LOGGED or rule(post.tlp, self._leg(post, verified=verified)).allowed,
            members_now=self._trust.members(post.room),
            members_then=frozenset(post.audience_then),
            accepted_at=row.accepted_at,
            held_since=row.held_since,
            asked=row.asked_at is not None,
            expires_at=post.expires_at,
            now=self._clock.now(),
        )

    def _leg(self, post: Post, *, verified: bool) -> Leg:
        """The facts about the room and everybody in it, as of now."""
        record = self._register.room(post.room)
        organisations = record.organisations if record else frozenset()
        levels = [level_of(self._trust.person(user)) for user in self._trust.members(post.room)]
        return Leg(
            way=Way(record.kind) if record and record.kind in set(Way) else Way.DESK,
            room_verified=verified,
            named_organisation=bool(organisations) and organisations <= {post.organisation},
            named_person=record is not None and record.kind == Way.DIRECT and record.user is not None,
            shares_network=False,
            lowest_level=max(levels, key=LEVELS.index, default="none"),
            unsigned_device=any(map(self._trust.unsigned, self._trust.members(post.room))),
        )
