"""Whatever order challenges, statements, words of coordinators, resets, withdrawals and time come in: how a person
stands follows from the last human act, and from nothing that a homeserver can do."""

import asyncio
import itertools
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bot.audit.service import Actor
from bot.directory.service import NoIdentity
from bot.directory.service.enrolment import Evidence
from bot.directory.service.vouching import VOUCH_LIFE, AlreadyVerified, Outcome
from bot.errors import EnlaceError
from bot.ids import DeviceId, Handle, UserId
from keys.openpgp import OpenPGP, Signature
from keys.trust import GRACE, Standing
from tests.contract.trust_house import ANA, CLARA, COSME, DORA, FINGERPRINT, STAFF, House, build, direct

COORDINATORS = (CLARA, COSME, DORA)
PHONE = DeviceId("PHONE")


@dataclass
class Asked:
    """A challenge as the person completed it."""

    text: str
    version: int
    at: datetime
    used: bool = False


@dataclass
class Held:
    """What the model believes is pinned."""

    good: Standing
    version: int
    expires: datetime
    lost: Standing | None = None


class Life(RuleBasedStateMachine):
    """Ana's trust."""

    def __init__(self, folder: Path, openpgp: OpenPGP) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.house: House = self.do(build(f"sqlite+aiosqlite:///{folder / f'{next(_numbers)}.db'}", openpgp, {}))
        self.version = 0
        self.asked: list[Asked] = []
        self.held: Held | None = None
        self.words: dict[UserId, tuple[datetime, int]] = {}

    def do(self, coroutine: Any) -> Any:
        return self.runner.run(coroutine)

    @property
    def now(self) -> datetime:
        return self.house.clock.now()

    @property
    def expected(self) -> Standing:
        held = self.held
        if held is None:
            return Standing.UNKNOWN
        if held.lost is not None:
            return held.lost
        if self.now < held.expires:
            return held.good
        return Standing.GRACE if self.now < held.expires + GRACE else Standing.EXPIRED

    @initialize()
    def coordinators(self) -> None:
        for user in COORDINATORS:
            self.do(self.house.enrol(user))

    # --- what people do ---------------------------------------------------------------------------------

    @rule()
    def ask(self) -> None:
        phone = self.house.phone(ANA, self.version)
        self.asked.append(Asked(self.do(self.house.challenge(ANA, phone)), self.version, self.now))

    @precondition(lambda self: self.asked)
    @rule(data=st.data())
    def answer(self, data: st.DataObject) -> None:
        """Any statement that was ever asked for is sent, perhaps again, perhaps late, perhaps of an old phone."""
        asked = data.draw(st.sampled_from(self.asked[-4:]))
        good = asked is self.asked[-1] and not asked.used and asked.version == self.version
        good = good and self.now <= asked.at + timedelta(hours=24)
        signature = Signature(FINGERPRINT, FINGERPRINT, self.now, "SHA512", text=asked.text)
        evidence = Evidence(signature, FINGERPRINT, self.house.published.servers[ANA].seen())

        async def accept() -> Any:
            async with self.house.db.unit() as unit:
                return await self.house.enrolment.accept(
                    unit, user=ANA, room=direct(ANA), device=PHONE, evidence=evidence, signed=asked.text
                )

        try:
            pin = self.do(accept())
        except EnlaceError:
            assert not good
        else:
            assert good
            asked.used = True
            self.held = Held(Standing.VERIFIED, self.version, pin.expires)

    @rule(by=st.sampled_from(COORDINATORS))
    def vouch(self, by: UserId) -> None:
        handle = STAFF[by][0]
        key = self.house.phone(ANA, self.version).key.ed25519

        async def word() -> Any:
            await self.house.reload()
            async with self.house.db.unit() as unit:
                return await self.house.vouching.vouch(
                    unit,
                    user=ANA,
                    key=key,
                    actor=Actor(handle, STAFF[by][1], by, PHONE),
                    organisation=Handle(handle),
                    seen=self.house.published.servers[ANA].seen(),
                )

        self.words = {c: word for c, word in self.words.items() if self.now - word[0] <= VOUCH_LIFE}
        others = [version for c, (_, version) in self.words.items() if STAFF[c][0] != handle]
        try:
            found = self.do(word())
        except AlreadyVerified:
            assert self.expected is Standing.VERIFIED
            return
        assert self.expected is not Standing.VERIFIED
        if not others:
            assert found.outcome is Outcome.NOTED
            self.words[by] = self.now, self.version
            return
        self.words = {}
        assert found.outcome is (Outcome.PINNED if set(others) == {self.version} else Outcome.DIFFERED)
        if found.pin is not None:
            self.held = Held(Standing.VOUCHED, self.version, found.pin.expires)

    @rule()
    def withdraw(self) -> None:
        async def revoke() -> None:
            async with self.house.db.unit() as unit:
                await self.house.enrolment.revoke(
                    unit, ANA, actor=Actor("CERT-MX", "Ana", ANA), lead=False, coordinator=False, room=direct(ANA)
                )

        try:
            self.do(revoke())
        except NoIdentity:
            assert self.held is None or self.held.lost is not None
        else:
            assert self.held is not None
            self.held.lost = Standing.REVOKED
            self.words = {}

    # --- what the world does ----------------------------------------------------------------------------

    @rule(version=st.integers(0, 2))
    def publish(self, version: int) -> None:
        """The homeserver publishes another identity, or an old one again."""
        self.version = version
        self.house.arrive(ANA, version)
        if self.held is not None:
            self.do(self.house.reload())
            self.do(self.house.observe(ANA))
            if self.held.lost is None and self.held.version != version:
                self.held.lost = Standing.CHANGED

    @rule(by=st.sampled_from([timedelta(hours=1), timedelta(hours=25), timedelta(days=13), timedelta(days=120)]))
    def wait(self, by: timedelta) -> None:
        self.house.clock.push(by)
        for user in COORDINATORS:
            self.do(self.house.enrol(user))

    # --- what always holds ------------------------------------------------------------------------------

    @invariant()
    def stands_as_it_should(self) -> None:
        self.do(self.house.reload())
        verdict = self.house.trust.person(ANA)
        assert verdict.standing is self.expected
        phone = self.house.phone(ANA, self.version)
        assert {(d.device_id, d.ed25519) for d in verdict.trusted_devices} == (
            {tuple(phone.key)} if self.expected.good else set()
        )

    def teardown(self) -> None:
        self.do(self.house.db.close())
        self.runner.close()


_numbers = itertools.count()


def test_how_a_person_stands_follows_from_human_acts_alone(tmp_path: Path, short_path: Path) -> None:
    with OpenPGP(short_path / "bot") as openpgp:
        run_state_machine_as_test(
            lambda: Life(tmp_path, openpgp),
            settings=settings(
                max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
            ),
        )
