"""Four eyes: what was shown is what is applied, by others than who proposed it, once, and only while it fits."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from bot.audit.service import Actor
from bot.commands.access import NotVerified, OnlyCoordinators, VouchedCoordinator, judge
from bot.commands.call import Refusal, Reply
from bot.directory.model import Change, Contact, Entries, OpenPGPKey, Person, Plan
from bot.directory.rules.proposing import State, details, freeze, propose, screen, thaw
from bot.directory.service.proposals import (
    ApprovedAlready,
    ApprovesSomethingElse,
    DirectoryMoved,
    NoSuchProposal,
    NotACoordinator,
    NotAnApproval,
    NothingToPropose,
    OwnProposal,
    ProposalAltered,
    ProposalEnded,
)
from bot.directory.tables import proposals as tables
from bot.ids import BadRef, Handle, UserId
from bot.outbox.model import Proof
from bot.tlp import Tlp
from handlers import approve
from handlers.approve import ApproveAlone, ApproveHow, NothingToApprove
from keys.fingerprint import OpenPGPFingerprint
from keys.openpgp import OpenPGP
from keys.trust import Withdrawal
from tests.contract.proposal_house import SHA, added, changed, made, news, proposals_of, record, say, stored
from tests.contract.trust_house import (
    ANA,
    BR,
    BRUNO,
    CLARA,
    COSME,
    DESK,
    DORA,
    FINGERPRINT,
    MX,
    House,
    build,
    direct,
    rooms,
)

KEY = "0123456789ABCDEF0123456789ABCDEF0123AAAA"
BY_CLARA = Actor("OAS", "Clara Díaz", CLARA, "PHONE")


@pytest.fixture
async def house(database_url: str, short_path: Path) -> AsyncIterator[House]:
    """Every coordinator is verified."""
    with OpenPGP(short_path / "bot") as openpgp:
        made_ = await build(database_url, openpgp, {})
        for user in (CLARA, COSME, DORA):
            await made_.enrol(user)
        await made_.said()
        yield made_
        await made_.db.close()


# --- two coordinators for the console -------------------------------------------------------------------


async def test_from_the_console_two_coordinators_approve(house: House) -> None:
    one = await made(house, changed(house, MX, timezone="America/Tijuana"))
    told = await news(house)
    assert set(told) == {direct(user) for user in (CLARA, COSME, DORA)}
    assert "whoever holds the console" in told[direct(CLARA)]
    assert "~ CERT-MX (timezone)" in told[direct(CLARA)]
    assert "+ timezone: America/Tijuana" in told[direct(CLARA)]
    assert f"!approve {one.ref}" in told[direct(CLARA)]
    first = await say(house, CLARA, one.ref)
    assert isinstance(first, Reply)
    assert "1 of 2" in first.text.plain
    assert (await stored(house, MX)).timezone is None  # type: ignore[union-attr]
    with pytest.raises(ApprovedAlready):
        await say(house, CLARA, one.ref)
    second = await say(house, DORA, "", language="es")
    assert "el directorio cambió" in second.text.plain
    organisation = house.register.organisation(MX)
    assert organisation is not None
    assert organisation.timezone == "America/Tijuana"
    assert set(await news(house)) == {direct(CLARA), direct(COSME)}
    assert (await house.actions())[-4:] == [
        "directory.proposed", "directory.approved", "directory.approved", "directory.changed",
    ]  # fmt: skip
    async with house.db.reading() as unit:
        last = (await house.audit.entries(unit))[-1].details
    assert last is not None
    assert last.ref == one.ref
    assert last.more["sha256"] == SHA
    assert last.more["digest"] == one.digest
    assert sorted(last.more["approved_by"]) == [CLARA, DORA]
    with pytest.raises(ProposalEnded):
        await say(house, COSME, one.ref)


async def test_two_at_once_are_enough(house: House) -> None:
    one = await made(house, added("PeCERT"))
    await asyncio.gather(say(house, CLARA, one.ref), say(house, DORA, one.ref))
    assert await stored(house, "PeCERT") is not None


async def test_of_what_two_proposals_change_at_once_one_passes_and_what_else_passes_is_not_lost(house: House) -> None:
    one = await made(house, changed(house, MX, website="https://tj.example", timezone="America/Tijuana"), BY_CLARA)
    other = await made(house, changed(house, MX, website="https://mx.example", country="AR"), BY_CLARA)
    third = await made(house, changed(house, MX, security_txt="https://mx.example/security.txt"), BY_CLARA)
    *answers, last = await asyncio.gather(
        say(house, COSME, one.ref), say(house, DORA, other.ref), say(house, COSME, third.ref)
    )
    assert {type(answer) for answer in answers} == {Reply, Refusal}
    assert isinstance(last, Reply)
    organisation = await stored(house, MX)
    assert organisation is not None
    assert (organisation.timezone is None) != (organisation.country != "AR")
    assert organisation.security_txt is not None


async def test_an_approved_change_leaves_the_handle_spelled_as_it_is(house: House) -> None:
    was = record(house, MX)
    respelled = replace(was.organisation, handle=Handle("Cert-MX"), timezone="America/Tijuana")
    plan = Plan(changed=(Change(replace(was, organisation=respelled), ()),))
    one = await made(house, plan, BY_CLARA)
    await say(house, COSME, one.ref)
    organisation = await stored(house, MX)
    assert organisation is not None
    assert (organisation.handle, organisation.timezone) == (MX, "America/Tijuana")


# --- who may --------------------------------------------------------------------------------------------


async def test_nobody_approves_their_own(house: House) -> None:
    one = await made(house, added("PeCERT"), BY_CLARA)
    assert set(await news(house)) == {direct(COSME), direct(DORA)}
    with pytest.raises(OwnProposal):
        await say(house, CLARA, one.ref)
    with pytest.raises(NothingToApprove):
        await say(house, CLARA)
    assert await stored(house, "PeCERT") is None
    await say(house, COSME, one.ref)
    assert await stored(house, "PeCERT") is not None
    assert "is approved" in (await news(house))[direct(CLARA)]


async def test_only_verified_coordinators_in_their_own_room(house: House) -> None:
    one = await made(house, added("PeCERT"))
    for room in (DESK, direct(DORA)):
        with pytest.raises(ApproveAlone):
            await say(house, CLARA, one.ref, room=room)
    await house.enrol(ANA)
    call = house.call("approve", one.ref, by=ANA)
    assert isinstance(judge(approve.COMMAND.access, call.caller, call.place, Proof.PINNED, None), OnlyCoordinators)
    with pytest.raises(NotACoordinator):
        await say(house, ANA, one.ref)
    call = house.call("approve", one.ref, by=CLARA)
    assert judge(approve.COMMAND.access, call.caller, call.place, Proof.PINNED, None) is None
    pin = house.register.pin(CLARA)
    assert pin is not None
    async with house.db.unit() as unit:
        await house.directory.save_identity(unit, replace(pin, level="vouched"), actor=None)
    await house.reload()
    call = house.call("approve", one.ref, by=CLARA)
    assert isinstance(judge(approve.COMMAND.access, call.caller, call.place, Proof.PINNED, None), VouchedCoordinator)
    async with house.db.unit() as unit:
        await house.directory.revoke_identity(unit, CLARA, actor=None)
    await house.reload()
    call = house.call("approve", one.ref, by=CLARA)
    assert isinstance(judge(approve.COMMAND.access, call.caller, call.place, Proof.PINNED, None), NotVerified)


async def test_an_approval_counts_only_while_whoever_gave_it_is_verified(house: House) -> None:
    one = await made(house, added("PeCERT"))
    await say(house, CLARA, one.ref)
    async with house.db.unit() as unit:
        await house.directory.revoke_identity(unit, CLARA, actor=None)
    await house.reload()
    answer = await say(house, DORA, one.ref)
    assert "1 of 2" in answer.text.plain
    assert await stored(house, "PeCERT") is None
    await say(house, COSME, one.ref)
    assert await stored(house, "PeCERT") is not None


# --- which one ------------------------------------------------------------------------------------------


async def test_without_a_reference_the_only_one_that_was_shown_or_a_list(house: House) -> None:
    with pytest.raises(NothingToApprove):
        await say(house, CLARA)
    one = await made(house, added("PeCERT"))
    unseen = await say(house, CLARA)
    assert isinstance(unseen, Refusal), "nobody approves what they were never shown"
    assert "+ PeCERT" in unseen.text.plain
    assert unseen.question is not None
    assert unseen.question.options == (one.ref,)
    await news(house)
    assert isinstance(await say(house, CLARA), Reply)
    two = await made(house, added("CSIRT-CL"))
    house.clock.push(timedelta(minutes=1))
    other = await made(house, added("CERTuy"))
    several = await say(house, CLARA)
    assert isinstance(several, Refusal)
    assert several.question is not None
    assert several.question.options == (two.ref, other.ref)
    assert one.ref not in several.text.plain, "this one has her word already"
    assert "2." in several.text.plain
    declined = await say(house, CLARA, "no")
    assert isinstance(declined, Refusal)
    assert declined.question is not None
    assert declined.question.options == (f"{two.ref} no", f"{other.ref} no")


async def test_how_it_is_typed(house: House) -> None:
    one = await made(house, added("PeCERT"))
    with pytest.raises(BadRef):
        await say(house, CLARA, "MSG-7F3KQ")
    with pytest.raises(BadRef):
        await say(house, CLARA, "whatever")
    with pytest.raises(NoSuchProposal):
        await say(house, CLARA, "PRO-00000" if one.ref != "PRO-00000" else "PRO-11111")
    with pytest.raises(ApproveHow):
        await say(house, CLARA, f"{one.ref} perhaps")
    assert isinstance(await say(house, CLARA, f"{one.ref.lower().replace('-', '–')} sí"), Reply)
    assert "rechazada" in (await say(house, DORA, f"{one.ref} NO.", language="es")).text.plain
    assert await stored(house, "PeCERT") is None


# --- the end of it --------------------------------------------------------------------------------------


async def test_rejected_is_over_and_said(house: House) -> None:
    one = await made(house, added("PeCERT"))
    await news(house)
    await say(house, CLARA, f"{one.ref} no")
    with pytest.raises(ProposalEnded):
        await say(house, DORA, one.ref)
    told = await news(house)
    assert set(told) == {direct(COSME), direct(DORA)}
    assert "rejected" in told[direct(DORA)]
    assert (await house.actions())[-1] == "directory.rejected"
    assert await stored(house, "PeCERT") is None


async def test_after_14_days_it_is_over_and_said(house: House) -> None:
    one = await made(house, added("PeCERT"))
    await news(house)
    house.clock.push(timedelta(days=14))
    with pytest.raises(ProposalEnded):
        await say(house, DORA, one.ref)
    with pytest.raises(NothingToApprove):
        await say(house, DORA)
    told = await news(house)
    assert set(told) == {direct(user) for user in (CLARA, COSME, DORA)}
    assert "14 days" in told[direct(DORA)]
    assert (await house.actions())[-1] == "directory.expired"


async def test_what_no_longer_fits_is_closed_and_said(house: House) -> None:
    one = await made(house, changed(house, MX, website="https://tj.example", timezone="America/Tijuana"))
    other = await made(house, changed(house, MX, website="https://mx.example"), BY_CLARA)
    elsewhere = await made(house, changed(house, BR, website="https://br.example"), BY_CLARA)
    await say(house, CLARA, one.ref)
    await say(house, DORA, other.ref)
    answer = await say(house, DORA, one.ref)
    assert isinstance(answer, Refusal)
    assert "not** done" in answer.text.plain or "not done" in answer.text.plain
    organisation = await stored(house, MX)
    assert organisation is not None
    assert (organisation.timezone, organisation.website) == (None, "https://mx.example")
    assert (await house.actions())[-1] == "directory.overtaken"
    with pytest.raises(ProposalEnded):
        await say(house, COSME, one.ref)
    assert isinstance(await say(house, DORA, elsewhere.ref), Reply), "what it does not touch may change"


async def test_of_one_entry_each_changes_what_it_showed_and_nothing_else(house: House) -> None:
    roster = {"roster": "mx.ics", "calendar": b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"}
    plans = [
        changed(house, MX, timezone="America/Tijuana"),
        changed(house, MX, website="https://mx.example", memberships=()),
        changed(house, MX, **roster),
        changed(house, MX, people=()),
        changed(house, MX, contacts=(Contact("phone", "+52 55 1234 5678", Tlp.CLEAR),)),
    ]
    open_now = [await made(house, plan, BY_CLARA) for plan in plans]
    was = record(house, MX).organisation
    for proposal in open_now:
        assert isinstance(await say(house, DORA, proposal.ref), Reply)
    now = await stored(house, MX)
    assert now is not None
    more = {"timezone": "America/Tijuana", "website": "https://mx.example", "memberships": (), **roster}
    assert now == replace(was, **more, contacts=(Contact("phone", "+52 55 1234 5678", Tlp.CLEAR),))
    assert house.register.people_of(MX) == ()
    pin = house.register.pin(ANA)
    assert pin is None or pin.reason is Withdrawal.REVOKED, "whose person is gone counts no longer"


async def test_a_person_or_key_that_another_entry_has_is_no_proposal(house: House) -> None:
    with pytest.raises(DirectoryMoved):
        await made(house, added("PeCERT", Person("Ana", Handle("PeCERT"), ANA)))
    one = await made(house, added("PeCERT", Person("Eva", Handle("PeCERT"), UserId("@eva:pe"))), BY_CLARA)
    two = await made(house, added("CSIRT-CL", Person("Eva", Handle("CSIRT-CL"), UserId("@eva:pe"))), BY_CLARA)
    await say(house, DORA, one.ref)
    assert isinstance(await say(house, DORA, two.ref), Refusal)
    assert await stored(house, "CSIRT-CL") is None


async def test_nothing_is_no_proposal_and_an_old_plan_is_none(house: House) -> None:
    with pytest.raises(NothingToPropose):
        await made(house, Plan())
    plan = changed(house, MX, timezone="America/Tijuana")
    stale = replace(plan, changed=tuple(
        replace(c, record=replace(c.record, organisation=replace(c.record.organisation, handle=Handle("GONE"))))
        for c in plan.changed
    ))  # fmt: skip
    with pytest.raises(DirectoryMoved):
        await made(house, stale)
    with pytest.raises(DirectoryMoved):
        await made(house, added("cert-mx"))


async def test_what_somebody_changed_in_the_database_is_refused(house: House) -> None:
    one = await made(house, added("PeCERT"))
    await say(house, CLARA, one.ref)
    async with house.db.unit() as unit:
        await unit.execute(update(tables.proposals).values(what=one.what.replace("PeCERT", "EVIL")))
    with pytest.raises(ProposalAltered):
        await say(house, DORA, one.ref)


async def test_a_key_that_goes_withdraws_what_it_stood_for(house: House) -> None:
    people = record(house, MX).people
    keyed = tuple(replace(p, openpgp=(OpenPGPKey(FINGERPRINT, b"x"),)) if p.mxid == ANA else p for p in people)
    one = await made(house, changed(house, MX, people=keyed), BY_CLARA)
    await say(house, DORA, one.ref)
    await house.enrol(ANA)
    keyed = tuple(replace(p, openpgp=(OpenPGPKey(KEY, b"y"),)) if p.mxid == ANA else p for p in people)
    two = await made(house, changed(house, MX, people=keyed), BY_CLARA)
    told = (await news(house))[direct(DORA)]
    assert f"- Ana Pérez {ANA}, openpgp: 0123 4567" in told
    assert "0123 AAAA" in told
    assert house.register.pin(ANA).revoked_at is None  # type: ignore[union-attr]
    await say(house, DORA, two.ref)
    pin = house.register.pin(ANA)
    assert pin is not None
    assert pin.reason is Withdrawal.FINGERPRINT_CHANGED


# --- by signed text -------------------------------------------------------------------------------------


async def signed(house: House, text: str, by: OpenPGPFingerprint) -> State:
    fingerprints = {CLARA: FINGERPRINT, DORA: OpenPGPFingerprint(KEY)}
    made_ = proposals_of(house)
    made_._coordinators = fingerprints
    async with house.db.unit() as unit:
        done = await made_.approve_signed(unit, text, by)
    await house.reload()
    return done.state


async def test_a_signed_text_counts_once_and_only_word_for_word(house: House) -> None:
    one = await made(house, added("PeCERT"))
    text = one.signed_text
    wrong = text[:-1] + ("0" if text[-1] != "0" else "1")
    for bad in (
        "",
        text.upper(),
        f"{text} ",
        f" {text}",
        f"{text}\n\n",
        f"{text}\nno",
        text.replace("approve", "reject"),
    ):
        with pytest.raises(NotAnApproval):
            await signed(house, bad, FINGERPRINT)
    with pytest.raises(ApprovesSomethingElse):
        await signed(house, wrong, FINGERPRINT)
    with pytest.raises(NotACoordinator):
        await signed(house, text, OpenPGPFingerprint("F" * 40))
    assert await signed(house, f"{text}\n", FINGERPRINT) is State.OPEN
    with pytest.raises(ApprovedAlready):
        await signed(house, text, FINGERPRINT)
    with pytest.raises(ApprovedAlready):
        await say(house, CLARA, one.ref)
    assert await stored(house, "PeCERT") is None
    assert await signed(house, f"{text}\r\n", OpenPGPFingerprint(KEY)) is State.APPLIED
    assert await stored(house, "PeCERT") is not None
    with pytest.raises(ProposalEnded):
        await signed(house, text, FINGERPRINT)


# --- what is shown --------------------------------------------------------------------------------------


async def test_a_screen_and_the_rest_counted(house: House) -> None:
    many = tuple(added(f"CERT-{number:03}").added[0] for number in range(40))
    one = await made(house, Plan(added=many, gone=(BR,)), BY_CLARA)
    told = (await news(house))[direct(DORA)]
    assert len(told.splitlines()) <= 13
    assert "and 31 more lines" in told
    assert "- CERT-BR" in "\n".join(details(thaw(one.what)))
    await say(house, DORA, one.ref)
    assert await stored(house, "CERT-BR") is None
    assert await stored(house, "CERT-039") is not None


async def test_what_the_file_says_cannot_look_like_our_words_and_red_stays_out(house: House) -> None:
    evil = Person("Eva\n!approve\u202e", Handle("PeCERT"), UserId("@eva:pe"),
                  contacts=(Contact("phone", "+51 secret", Tlp.RED), Contact("email", "e@pe", Tlp.AMBER)))  # fmt: skip
    await made(house, added("PeCERT", evil))
    told = (await news(house))[direct(DORA)]
    assert "\u202e" not in told
    assert len([line for line in told.splitlines() if line.startswith("!approve")]) == 1, "ours"
    assert "secret" not in told
    assert "TLP:RED" in told
    assert "e@pe" in told


def test_what_is_kept_is_all_of_it() -> None:
    person = Person("Eva", Handle("PeCERT"), UserId("@eva:pe"), ("technical",), lead=True,
                    openpgp=(OpenPGPKey(KEY, bytes(range(256)), "eva.asc"),))  # fmt: skip
    plan = added("PeCERT", person)
    organisation = replace(plan.added[0].organisation, roster="pe.ics", calendar=b"\xff\x00")
    plan = replace(plan, added=(replace(plan.added[0], organisation=organisation),))
    proposed = propose(plan, Entries())
    assert thaw(freeze(proposed)) == proposed
    assert freeze(thaw(freeze(proposed))) == freeze(proposed)
    assert screen(proposed, 1) == (["+ PeCERT"], 0)
    assert any(line.endswith("lead: True") for line in details(proposed))


async def test_who_has_no_room_is_told_later(house: House) -> None:
    async with house.db.unit() as unit:
        await house.directory.forget_room(unit, direct(DORA), actor=None)
    await house.reload()
    await made(house, added("PeCERT"))
    assert set(await news(house)) == {direct(CLARA), direct(COSME)}
    async with house.db.unit() as unit:
        for room in rooms():
            if room.user == DORA:
                await house.directory.register_room(unit, room, actor=None)
    await house.reload()
    assert set(await news(house)) == {direct(DORA)}
    assert BRUNO not in house.register.coordinators()
