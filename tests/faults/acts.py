"""What people do beside sending, so that every part of enlace has something to do when it is killed or troubled."""

import secrets
from collections.abc import Awaitable, Callable

from keys.crosssigning import sign_device
from tests.faults.site import BY_HOOK, BY_MAIL, LONG, PEOPLE, Site
from tests.harness.attachments import post_file
from tests.harness.house import ref_in

GAP = 150
"""Events: more than one sync brings of a room."""


async def incident(site: Site) -> None:
    """Ana opens an incident."""
    text = '!incident open "Something big" tlp:amber high BR\nWhat is known'
    site.incidents.append(await site.person("ana").say(site.house.rooms["ana"], text))


async def file(site: Site) -> None:
    """Ana sends a file."""
    ana, room = site.person("ana"), site.house.rooms["ana"]
    name = secrets.token_hex(4)
    data = f"file {name} ".encode() * 1000
    posted = await post_file(ana, room, data, f"sample-{name}.bin")
    subject = f"With file {name}"
    await site.say(subject, reply_to=posted)
    site.files[subject] = data


async def withdrawal(site: Site) -> None:
    """Ana takes back what everybody has read, for preference."""
    read_by_all = set.intersection(*(set(site.copies(who)) for who in PEOPLE))
    read = [s for s in site.sent if s in read_by_all and s not in site.withdrawn]
    subject = read[-1] if read else next(s for s in reversed(site.sent) if s not in site.withdrawn)
    root = site.sent[subject]
    site.withdrawn[subject] = await site.person("ana").say(site.house.rooms["ana"], "!withdraw", reply_to=root)


async def new_key(site: Site) -> None:
    """Ana's client makes a new key for her room, and says something under it."""
    site.person("ana").client.invalidate_outbound_session(site.house.rooms["ana"])
    await site.say(f"Under a new key {len(site.sent)}")


async def new_device(site: Site) -> None:
    """Somebody logs in on another device and signs it; what is said from then on is for it, too."""
    who = PEOPLE[-1]
    owner, person = site.person(who), await site.house.world.arrive(who, cross_signed=False)
    site.devices.append(person)
    mine = await person.call("POST", "/_matrix/client/v3/keys/query", {"device_keys": {person.user_id: []}})
    device = mine["device_keys"][person.user_id][person.device_id]
    body = {person.user_id: {person.device_id: sign_device(owner.seeds, person.user_id, device)}}
    await person.call("POST", "/_matrix/client/v3/keys/signatures/upload", body)
    await site.say(f"For another device {len(site.sent)}")


async def gap(site: Site) -> None:
    """More is said in Ana's room than one sync brings."""
    site.gate.open.clear()
    await site.chatter("ana", 1)  # the sync that is under way ends with it
    await site.house.until(lambda: site.gate.waiting > 0 or not site.enlace.alive(), "the next sync", LONG)
    await site.chatter("ana", GAP)
    site.gate.open.set()
    await site.say(f"Behind the gap {len(site.sent)}")


async def stranger(site: Site) -> None:
    """Somebody whom nobody knows is in a room while a message for it is sent."""
    await site.let_in("br")
    await site.say(f"Not for a stranger {len(site.sent)}")


async def stranger_leaves(site: Site) -> None:
    """What was held goes out again."""
    mark = site.person("ana").mark()
    await stranger(site)
    await site.person("ana").hear(
        site.house.rooms["ana"], "Held for", sender=site.house.bot, after=mark, edits=True, patience=LONG
    )
    await site.put_out()


async def _call(site: Site, whom: str) -> None:
    """Ana calls people who have no room; what she called them for before is over, and the two do not join."""
    ana, room = site.person("ana"), site.house.rooms["ana"]
    if before := site.calls.get(whom):
        await site.house.until(lambda: bool(site.answers(before[-1])) or not site.enlace.alive(), "the answer", LONG)
        if not site.answers(before[-1]):
            return  # it died of what was left to do
        site.asked.append(await ana.say(room, f"!cancel {ref_in(site.answers(before[-1])[0].body, 'ESC')}"))
    text = f"!escalate {whom} tlp:green critical Something burns"
    site.calls.setdefault(whom, []).append(await ana.say(room, text))


async def mail(site: Site) -> None:
    """Somebody is called by mail."""
    await _call(site, BY_MAIL)


async def webhook(site: Site) -> None:
    """Somebody is called by webhook."""
    await _call(site, BY_HOOK)


ACTS: dict[str, Callable[[Site], Awaitable[None]]] = {
    "incident": incident,
    "file": file,
    "withdrawal": withdrawal,
    "new-key": new_key,
    "new-device": new_device,
    "gap": gap,
    "stranger": stranger,
    "stranger-leaves": stranger_leaves,
    "mail": mail,
    "webhook": webhook,
}
