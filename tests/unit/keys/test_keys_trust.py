"""The verdict on a person and on a room, and the machine: nothing but a new pin leads back to verified."""

import copy
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from matrix_people import Device, Server, identity

from keys import trust as t
from keys.crosssigning import sign_device
from keys.fingerprint import OpenPGPFingerprint
from keys.statement import Statement
from keys.trust import Pin, Standing, Withdrawal, judge_person, observe, pin_from_statement, withdraw

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ANA, BOT = "@ana:cert.example.mx", "@enlace:poc.example"
KEY = OpenPGPFingerprint("AB" * 20)
MINE, FAKE = identity("mine"), identity("fake")
PHONE, LAPTOP, EVIL = Device(ANA, "PHONE"), Device(ANA, "LAPTOP"), Device(ANA, "EVIL")


def statement(*devices: Device) -> Statement:
    listed = frozenset(device.key for device in devices)
    return Statement("CERT-MX", "Ana", ANA, listed, "!desk", "nonce", NOW, NOW + 180 * DAY)


def pinned(server: Server, *devices: Device) -> Pin:
    return pin_from_statement(statement(*devices), server.seen(), fingerprint=KEY, sent_from=devices[0].key)


def first_device() -> Server:
    """The phone created the identity, so it signed the master key; the laptop came in by recovery key."""
    return Server(ANA).publish(MINE, signed_by=PHONE).add(PHONE, MINE).add(LAPTOP, MINE)


def trusted(verdict: t.PersonVerdict) -> set[str]:
    return {device.device_id for device in verdict.trusted_devices}


# --- pins ---------------------------------------------------------------------------------------------------------


def test_a_listed_device_that_signed_the_master_key_pins_it() -> None:
    pin = pinned(first_device(), PHONE)
    assert (pin.level, pin.master_key, pin.organisation) == ("verified", MINE.master_key, "CERT-MX")
    assert pin.openpgp_fingerprint == KEY
    verdict = judge_person(ANA, pin, first_device().seen(), NOW)
    assert verdict.standing is Standing.VERIFIED
    assert trusted(verdict) == {"PHONE", "LAPTOP"}
    assert verdict.trusts("PHONE", PHONE.key.ed25519, PHONE.curve25519)
    assert not verdict.trusts("PHONE", PHONE.key.ed25519, LAPTOP.curve25519)
    assert not verdict.trusts("LAPTOP", PHONE.key.ed25519, PHONE.curve25519)


def test_else_exactly_the_listed_devices_are_pinned() -> None:
    pin = pinned(first_device(), LAPTOP)
    assert pin.master_key is None
    verdict = judge_person(ANA, pin, first_device().add(EVIL, MINE).seen(), NOW)
    assert (verdict.standing, trusted(verdict)) == (Standing.VERIFIED, {"LAPTOP"})
    [check] = verdict.failed
    assert (check.name, check.values["devices"], check.values["count"]) == ("person-devices-signed", "EVIL, PHONE", 2)


def test_until_a_listed_device_signs_the_master_key() -> None:
    pin = pinned(first_device(), LAPTOP)
    later = first_device().publish(MINE, signed_by=LAPTOP)
    assert trusted(judge_person(ANA, pin, later.seen(), NOW)) == {"PHONE", "LAPTOP"}
    assert observe(pin, later.seen(), NOW) == replace(pin, master_key=MINE.master_key)


def test_a_fake_identity_at_enrolment_gains_nothing() -> None:
    """The server invents an identity and signs the person's device and its own with it."""
    lying = Server(ANA).publish(FAKE, signed_by=EVIL).add(PHONE, FAKE).add(EVIL, FAKE)
    pin = pinned(lying, PHONE)
    assert pin.master_key is None
    assert trusted(judge_person(ANA, observe(pin, lying.seen(), NOW), lying.seen(), NOW)) == {"PHONE"}


def test_a_fake_device_key_is_noticed_at_enrolment() -> None:
    lying = first_device().add(Device(ANA, "PHONE", 2), MINE)
    with pytest.raises(t.DeviceKeyDiffers):
        pinned(lying, PHONE)
    with pytest.raises(t.DeviceKeyDiffers):
        pinned(lying, LAPTOP, PHONE)


def test_what_does_not_earn_a_pin() -> None:
    with pytest.raises(t.IdentityNotPublished):
        pinned(Server(ANA).add(PHONE), PHONE)
    with pytest.raises(t.IdentityNotPublished):
        pin_from_statement(
            replace(statement(PHONE), user="@eva:x"), first_device().seen(), fingerprint=KEY, sent_from=PHONE.key
        )
    with pytest.raises(t.DeviceNotSigned):
        pinned(first_device().add(PHONE), PHONE)
    with pytest.raises(t.DeviceNotPublished):
        pinned(Server(ANA).publish(MINE).add(LAPTOP, MINE), PHONE, LAPTOP)
    with pytest.raises(t.DeviceNotPublished):
        pin_from_statement(statement(PHONE), first_device().seen(), fingerprint=KEY, sent_from=LAPTOP.key)
    assert pinned(first_device(), LAPTOP, Device(ANA, "AT-HOME")).master_key is None


def test_vouching() -> None:
    one = t.Vouch("@c1:one", "ONE", PHONE.key.ed25519, NOW)
    two = t.Vouch("@c2:two", "TWO", PHONE.key.ed25519, NOW)
    seen = first_device().seen()

    def vouched(first: t.Vouch = one, second: t.Vouch = two, seen: t.SeenIdentity = seen) -> Pin:
        return t.pin_from_vouches(ANA, "CERT-MX", first, second, seen, issued=NOW, expires=NOW + 180 * DAY)

    verdict = judge_person(ANA, vouched(), seen, NOW)
    assert (verdict.standing, verdict.level) == (Standing.VOUCHED, "vouched")
    assert verdict.may_receive
    assert vouched().openpgp_fingerprint is None
    for second in (
        replace(two, coordinator="@c1:one"),
        replace(two, organisation="one"),
        replace(two, coordinator=ANA),
    ):
        with pytest.raises(t.VouchesNotApart):
            vouched(second=second)
    with pytest.raises(t.VouchesDiffer):
        vouched(second=replace(two, ed25519=LAPTOP.key.ed25519))
    with pytest.raises(t.DeviceNotPublished):
        vouched(replace(one, ed25519=EVIL.key.ed25519), replace(two, ed25519=EVIL.key.ed25519))
    with pytest.raises(t.DeviceNotSigned):
        vouched(seen=first_device().add(PHONE).seen())


# --- a person -----------------------------------------------------------------------------------------------------


def test_nobody_without_a_pin_or_with_somebody_elses() -> None:
    pin, seen = pinned(first_device(), PHONE), first_device().seen()
    eva = "@eva:evil.example"
    for verdict in (
        judge_person(ANA, None, seen, NOW),
        judge_person(eva, pin, seen, NOW),
        judge_person(ANA, pin, replace(seen, user_id=eva), NOW),
        judge_person(ANA, pin, None, NOW),
        judge_person(ANA, pin, replace(seen, master_key=None), NOW),
    ):
        assert verdict.standing is Standing.UNKNOWN
        assert not verdict.trusted_devices
        assert not verdict.may_receive
        assert not verdict.may_command
        assert verdict.failed
    assert judge_person(eva, pin, seen, NOW).organisation is None


def test_a_changed_master_key_withdraws_all_and_for_good() -> None:
    pin, lying = pinned(first_device(), PHONE), first_device().publish(FAKE).add(PHONE, FAKE).add(EVIL, FAKE)
    verdict = judge_person(ANA, pin, lying.seen(), NOW)
    assert (verdict.standing, trusted(verdict)) == (Standing.CHANGED, set())
    latched = observe(pin, lying.seen(), NOW)
    assert (latched.revoked_at, latched.reason) == (NOW, Withdrawal.CHANGED)
    back = judge_person(ANA, latched, first_device().seen(), NOW)
    assert back.standing is Standing.CHANGED
    assert [check.name for check in back.failed] == ["person-identity-kept"]


def test_a_swapped_identity_gains_nothing_against_listed_devices() -> None:
    pin, lying = pinned(first_device(), LAPTOP), first_device().publish(FAKE, signed_by=EVIL)
    lying.add(LAPTOP, FAKE).add(EVIL, FAKE)
    assert observe(pin, lying.seen(), NOW) == pin
    assert trusted(judge_person(ANA, pin, lying.seen(), NOW)) == {"LAPTOP"}
    lying.add(Device(ANA, "LAPTOP", 2), FAKE)
    verdict = judge_person(ANA, pin, lying.seen(), NOW)
    assert trusted(verdict) == set()
    assert not verdict.may_receive


def test_a_dropped_signature_takes_the_device_not_the_person() -> None:
    pin, server = pinned(first_device(), PHONE), first_device().add(LAPTOP)
    verdict = judge_person(ANA, pin, server.seen(), NOW)
    assert (verdict.standing, trusted(verdict)) == (Standing.VERIFIED, {"PHONE"})
    assert [check.name for check in verdict.failed] == ["person-devices-signed"]


def test_a_missing_identity_holds_and_is_no_change() -> None:
    pin, empty = pinned(first_device(), PHONE), Server(ANA)
    assert observe(pin, empty.seen(), NOW) == pin
    assert judge_person(ANA, pin, empty.seen(), NOW).standing is Standing.UNKNOWN


@pytest.mark.parametrize(
    ("after", "standing"),
    [
        (timedelta(0), Standing.VERIFIED),
        (180 * DAY - timedelta(seconds=1), Standing.VERIFIED),
        (180 * DAY, Standing.GRACE),
        (194 * DAY - timedelta(seconds=1), Standing.GRACE),
        (194 * DAY, Standing.EXPIRED),
        (999 * DAY, Standing.EXPIRED),
    ],
)
def test_expiry_is_gentle(after: timedelta, standing: Standing) -> None:
    verdict = judge_person(ANA, pinned(first_device(), PHONE), first_device().seen(), NOW + after)
    assert verdict.standing is standing
    assert verdict.may_receive is (standing is not Standing.EXPIRED)
    assert verdict.level == "verified"


def test_a_withdrawn_pin_learns_nothing_more() -> None:
    pin = withdraw(pinned(first_device(), LAPTOP), NOW, Withdrawal.REVOKED)
    assert observe(pin, first_device().publish(MINE, signed_by=LAPTOP).seen(), NOW) == pin


@pytest.mark.parametrize("reason", Withdrawal)
def test_a_withdrawn_pin(reason: Withdrawal) -> None:
    pin = withdraw(pinned(first_device(), PHONE), NOW, reason)
    assert withdraw(pin, NOW + DAY, Withdrawal.REVOKED) == pin
    verdict = judge_person(ANA, pin, first_device().seen(), NOW)
    assert verdict.standing is (Standing.CHANGED if reason is Withdrawal.CHANGED else Standing.REVOKED)
    assert not verdict.trusted_devices
    assert len(verdict.failed) == 1
    for half in (replace(pin, revoked_at=None), replace(pin, reason=None), replace(pin, reason="odd")):
        assert not judge_person(ANA, half, first_device().seen(), NOW).standing.good


# --- the machine --------------------------------------------------------------------------------------------------


class TrustMachine(RuleBasedStateMachine):
    """A homeserver that lies in any order, a person, time, and the only act that leads back: a new statement."""

    reached: ClassVar[Counter[str]] = Counter()

    @initialize(listed=st.sampled_from([PHONE, LAPTOP]))
    def enrol(self, listed: Device) -> None:
        self.now, self.server = NOW, first_device()
        self.pin, self.withdrawn, self.listed = pinned(self.server, listed), False, listed
        self.own = {PHONE.key, LAPTOP.key}

    def look(self) -> t.PersonVerdict:
        seen = self.server.seen()
        before, self.pin = self.pin, observe(self.pin, seen, self.now)
        verdict = judge_person(ANA, self.pin, seen, self.now)
        if before.revoked_at is not None:
            assert self.pin == before
        return verdict

    @rule(signer=st.sampled_from([None, EVIL]))
    def server_swaps_the_identity(self, signer) -> None:
        self.server.publish(FAKE, signed_by=signer)

    @rule(signer=st.sampled_from([None, PHONE, EVIL]))
    def server_swaps_it_back(self, signer) -> None:
        self.server.publish(MINE, signed_by=signer)

    @rule(device=st.sampled_from([PHONE, LAPTOP, EVIL, Device(ANA, "PHONE", 2)]))
    def server_signs_with_its_own_identity(self, device: Device) -> None:
        self.server.add(device, FAKE)

    @rule(device=st.sampled_from([PHONE, LAPTOP]))
    def person_signs(self, device: Device) -> None:
        self.server.add(device, MINE)

    @rule(name=st.sampled_from(["master", "self_signing", "devices"]))
    def server_drops(self, name: str) -> None:
        setattr(self.server, name, {} if name == "devices" else None)

    @rule(name=st.sampled_from(["master", "self_signing"]), garbage=st.sampled_from([[], {"keys": []}, "x", 7]))
    def server_sends_garbage(self, name: str, garbage: object) -> None:
        setattr(self.server, name, garbage)

    @rule()
    def server_replays_the_beginning(self) -> None:
        self.server = first_device()

    @rule(device=st.sampled_from(["PHONE", "LAPTOP", "EVIL"]))
    def server_grafts_a_signature(self, device: str) -> None:
        if device in self.server.devices and "PHONE" in self.server.devices:
            self.server.devices[device]["signatures"] = copy.deepcopy(self.server.devices["PHONE"]["signatures"])

    @rule(days=st.integers(1, 120))
    def time_passes(self, days: int) -> None:
        self.now += days * DAY

    @rule(reason=st.sampled_from([w for w in Withdrawal if w is not Withdrawal.CHANGED]))
    def somebody_revokes(self, reason: Withdrawal) -> None:
        self.look()
        self.pin, self.withdrawn = withdraw(self.pin, self.now, reason), True

    @precondition(lambda self: self.withdrawn)
    @rule(listed=st.sampled_from([PHONE, LAPTOP]))
    def new_statement(self, listed: Device) -> None:
        """The human act.  Before it, the person put their own account in order."""
        was = self.look().standing
        self.server = first_device()
        spoken = replace(statement(listed), issued=self.now, expires=self.now + 180 * DAY)
        self.pin = pin_from_statement(spoken, self.server.seen(), fingerprint=KEY, sent_from=listed.key)
        self.withdrawn, self.listed = False, listed
        assert self.look().standing is Standing.VERIFIED
        TrustMachine.reached[f"{was.value} → verified"] += 1

    @invariant()
    def judged(self) -> None:
        if not hasattr(self, "pin"):
            return
        verdict = self.look()
        # Once withdrawn, nothing but a new statement leads back.
        if self.withdrawn:
            assert verdict.standing in {Standing.CHANGED, Standing.REVOKED}
        if verdict.standing is Standing.CHANGED:
            self.withdrawn = True
        # No key is ever trusted that is not the person's own, whatever is published.
        assert {t.DeviceKey(d.device_id, d.ed25519) for d in verdict.trusted_devices} <= self.own
        assert verdict.standing.good or not verdict.trusted_devices
        if self.pin.master_key is None:
            assert trusted(verdict) <= {self.listed.device_id}


TrustMachine.TestCase.settings = settings(max_examples=150, stateful_step_count=25, deadline=None, derandomize=True)


class TestTrustMachine(TrustMachine.TestCase):
    def runTest(self) -> None:  # noqa: N802  (unittest's name)
        TrustMachine.reached.clear()
        super().runTest()
        assert TrustMachine.reached["changed → verified"] > 5
        assert TrustMachine.reached["revoked → verified"] > 5


def test_the_machine_would_notice_a_stateless_verdict() -> None:
    """Without the latch the old key coming back would re-trust: that is what :func:`observe` is for."""
    pin, swapped = pinned(first_device(), PHONE), first_device().publish(FAKE)
    assert judge_person(ANA, pin, swapped.seen(), NOW).standing is Standing.CHANGED
    assert judge_person(ANA, pin, first_device().seen(), NOW).standing is Standing.VERIFIED
    assert judge_person(ANA, observe(pin, swapped.seen(), NOW), first_device().seen(), NOW).standing is Standing.CHANGED


def test_signing_helper_is_real() -> None:
    assert sign_device(MINE, ANA, PHONE.keys())["signatures"][ANA].keys() > PHONE.keys()["signatures"][ANA].keys()
