"""An organisation's own people propose changes of its entry: shown first, then proposed as shown, then approved."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.commands.call import Answer, Refusal, Reply
from bot.directory.model import Contact, Organisation
from bot.directory.service.confirming import confirm
from bot.directory.service.proposals import NothingToPropose
from bot.formats.typed import NotForThisField
from bot.ids import Ref, UserId
from bot.tlp import Tlp, UnclearLabel
from handlers import update
from handlers.update import UpdateOfWhom, UpdateTooMuch, UpdateWhat
from keys.openpgp import OpenPGP
from tests.contract.proposal_house import Services, changed, news, proposals_of, say, stored
from tests.contract.trust_house import (
    ANA,
    BRUNO,
    CLARA,
    COSME,
    DESK,
    DORA,
    FINGERPRINT,
    LUIS,
    MX,
    House,
    build,
    direct,
)

OLD, SECOND, RED = "+52 55 1111 1111", "+52 55 2222 2222", "+52 55 9999 9999"
CONTACTS = (
    Contact("phone", OLD, Tlp.AMBER),
    Contact("email", "cert@cert.example.mx", Tlp.CLEAR),
    Contact("phone", RED, Tlp.RED),
)


@pytest.fixture
async def house(tmp_path: Path, short_path: Path) -> AsyncIterator[House]:
    """Everybody is verified; Mexico has a phone, a mail address, and a phone for named people only."""
    with OpenPGP(short_path / "bot") as openpgp:
        house = await build(f"sqlite+aiosqlite:///{tmp_path / 'enlace.db'}", openpgp, {LUIS: (FINGERPRINT, b"")})
        for user in (ANA, LUIS, BRUNO, CLARA, COSME, DORA):
            await house.enrol(user)
        async with house.db.unit() as unit:
            plan = changed(house, MX, contacts=CONTACTS, timezone="America/Mexico_City", website="https://old.example")
            await house.directory.apply_proposal(unit, plan, ref=Ref("PRO-00000"), actor=None, details={})
        await house.reload()
        await house.said()
        yield house
        await house.db.close()


async def ask(
    house: House, text: str, choice: int | None = None, before: Answer | None = None, by: UserId = ANA, **more: object
) -> Answer:
    """``!update`` as the dispatcher runs it; with ``choice`` the answer to what was asked ``before``."""
    more.setdefault("room", DESK)
    line, _, body = text.partition("\n")
    call = house.call("update", line, body, by=by, **more)  # type: ignore[arg-type]
    if choice is not None:
        assert before is not None
        assert before.question is not None
        asked = before.question
        assert asked.body is not None
        call = replace(call, first_line=asked.options[choice - 1], body=asked.body, extra=asked.extra, confirmed=True)
    async with house.db.unit() as unit:
        answer = await update.COMMAND.run(call, unit, Services(house))
    await house.reload()
    return answer


async def proposed(house: House, text: str, **more: object) -> str:
    """Shown, and proposed by ``ok``; what was shown."""
    shown = await ask(house, text, **more)  # type: ignore[arg-type]
    assert await waiting(house) == []
    done = await ask(house, text, 1, shown, **more)  # type: ignore[arg-type]
    assert isinstance(done, Reply)
    assert "nothing is changed yet" in done.text.plain or "todavía no cambió" in done.text.plain
    assert await waiting(house) == [done.ref]
    return shown.text.plain


async def waiting(house: House) -> list[str]:
    async with house.db.reading() as unit:
        return [proposal.ref for proposal in await proposals_of(house).waiting(unit)]


async def entry(house: House) -> Organisation:
    found = await stored(house, MX)
    assert found is not None
    return found


async def test_a_number_is_shown_proposed_and_approved_by_somebody_else(house: House) -> None:
    async with house.db.unit() as unit:
        await confirm(unit, house.audit, MX, "Luis Soto", None)
    shown = await proposed(house, f"phone {SECOND}")
    assert f"- contacts: phone {OLD} (TLP:AMBER)" in shown
    assert f"+ contacts: phone {SECOND} (TLP:AMBER)" in shown
    assert (await entry(house)).contacts == CONTACTS
    told = await news(house)
    assert set(told) == {direct(user) for user in (CLARA, COSME, DORA)}
    assert "Ana Pérez proposes" in told[direct(DORA)]
    assert "CERT-MX would be called on another number. Before you approve, call the number" in told[direct(DORA)]
    await say(house, DORA)
    now = await entry(house)
    assert now.contacts == (replace(CONTACTS[0], value=SECOND), *CONTACTS[1:])
    assert (now.last_confirmed, now.confirmed_by) == (date(2026, 11, 23), "Luis Soto"), "an update confirms nothing"
    assert set(await news(house)) == {direct(ANA), direct(CLARA), direct(COSME)}, "also whoever proposed it"


async def test_several_changes_in_one_message(house: House) -> None:
    text = "correo agregar noc@cert.example.mx tlp:green\n\n horario: Lun-Vie 09:00-18:00\nidiomas es, en\nweb quitar"
    shown = await proposed(house, text, language="es")
    for line in (
        "+ contacts: email noc@cert.example.mx (TLP:GREEN)",
        "+ office_hours: Lun-Vie 09:00-18:00",
        "+ languages: en",
        "- website: https://old.example",
    ):
        assert line in shown
    assert "call the number" not in (await news(house))[direct(DORA)]
    await say(house, DORA)
    now = await entry(house)
    assert now.contacts == (*CONTACTS, Contact("email", "noc@cert.example.mx", Tlp.GREEN))
    assert (now.languages, now.website, now.timezone) == (("es", "en"), None, "America/Mexico_City")


async def test_which_of_several_is_meant(house: House) -> None:
    text = "website https://new.example.mx\nphone +52 55 3333 3333 tlp:green"
    which = await ask(house, text, by=LUIS, room=direct(LUIS))
    assert "1. 📞 +52 55 1111 1111" in which.text.plain
    assert "2. 📞 +52 55 9999 9999 TLP:RED" in which.text.plain
    shown = await ask(house, text, 1, which, by=LUIS, room=direct(LUIS))
    assert isinstance(shown, Reply)
    assert "+ contacts: phone +52 55 3333 3333 (TLP:GREEN)" in shown.text.plain
    assert "+ website: https://new.example.mx" in shown.text.plain
    assert await waiting(house) == []
    assert isinstance(await ask(house, text, 1, shown, by=LUIS, room=direct(LUIS)), Reply)
    assert len(await waiting(house)) == 1
    # By its number, or by itself.
    for line in ("phone remove 2", f"phone remove {RED}"):
        shown = await ask(house, line, by=LUIS, room=direct(LUIS))
        assert "- contacts: phone … (TLP:RED)" in shown.text.plain
        assert OLD not in shown.text.plain


async def test_what_not_everybody_here_may_see_is_neither_shown_nor_taken(house: House) -> None:
    """In the desk room the RED number is not there; in one's own it is, and its value stays out of what is shown."""
    refused = await ask(house, "phone add +52 55 8888 8888 tlp:red")
    assert isinstance(refused, Refusal)
    assert not refused.kept
    assert "I have not kept the text" in refused.text.plain
    assert RED not in (await ask(house, f"phone {SECOND}")).text.plain
    with pytest.raises(NotForThisField):
        await ask(house, f"phone remove {RED}")
    shown = await proposed(house, "phone 2 +52 55 8888 8888", by=ANA, room=direct(ANA))
    assert "~ contacts: phone … (TLP:RED)" in shown
    assert "8888" not in shown
    assert "8888" not in (await news(house))[direct(DORA)]
    await say(house, DORA)
    assert (await entry(house)).contacts == (*CONTACTS[:2], Contact("phone", "+52 55 8888 8888", Tlp.RED))


async def test_open_proposals_are_named_and_what_changed_meanwhile_is_shown_again(house: House) -> None:
    await proposed(house, f"phone {SECOND}")
    (first,) = await waiting(house)
    assert (
        f"{first} is open already and changes the same" in (await ask(house, "phone add +52 55 7777 7777")).text.plain
    )
    shown = await ask(house, "timezone America/Tijuana")
    assert first not in shown.text.plain
    await news(house)
    await say(house, DORA)
    again = await ask(house, "timezone America/Tijuana", 1, shown)
    assert isinstance(again, Reply)
    assert await waiting(house) == [again.ref]

    shown = await ask(house, "hours Mon-Fri 08:00-16:00")
    async with house.db.unit() as unit:
        plan = changed(house, MX, office_hours="Mon-Fri 10:00-12:00")
        await house.directory.apply_proposal(unit, plan, ref=Ref("PRO-11111"), actor=None, details={})
    other = await ask(house, "hours Mon-Fri 08:00-16:00", 1, shown)
    assert other.question is not None, "what was shown is not what would be proposed now"
    assert "- office_hours: Mon-Fri 10:00-12:00" in other.text.plain
    assert len(await waiting(house)) == 1


async def test_what_cannot_be_proposed(house: House) -> None:
    assert isinstance(await ask(house, ""), Refusal)
    for text, error in (
        ("kitchen 5", UpdateWhat),
        ("people @vera:cert.mx", UpdateWhat),
        ("phone 0052 55 1234 5678", NotForThisField),
        ("phone", NotForThisField),
        ("mail ana@cert", NotForThisField),
        (f"phone {SECOND} tlp:pink", UnclearLabel),
        (f"phone {OLD}", NothingToPropose),
        ("fax remove", NothingToPropose),
        ("\n".join(["web https://new.example"] * 11), UpdateTooMuch),
    ):
        with pytest.raises(error):
            await ask(house, text)
    call = house.call("update", "web remove", by=UserId("@eve:evil.example"))
    async with house.db.unit() as unit:
        with pytest.raises(UpdateOfWhom):
            await update.COMMAND.run(call, unit, Services(house))
    assert await waiting(house) == []
