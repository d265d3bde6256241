"""``!withdraw [MSG-…]``: takes what the caller has said in an exchange out of the others' rooms."""

from collections.abc import Sequence
from typing import Protocol

from bot.commands.call import Access, Answer, Call, Command, Question, Reply, always
from bot.db.unit import Unit
from bot.exchange.model import Exchange, Message
from bot.exchange.service import Changes, Exchanges, NothingOfYours
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich
from bot.ids import Ref
from bot.outbox.model import State

LISTED = 8
"""Messages in a list, the newest; below them stands: all."""
EVERYTHING = "*"


class Needs(Protocol):
    """What ``!withdraw`` uses."""

    @property
    def exchange(self) -> Exchanges:
        """Exchanges."""

    @property
    def changes(self) -> Changes:
        """What becomes of them."""


async def run(call: Call, unit: Unit, services: Needs) -> Answer:
    """Withdraw the message that this is a reply to, or the only one; of several, a numbered list is shown, and also
    where it is a reply to what is not the caller's to withdraw: then another one is never meant without a word."""
    word, _, rest = call.first_line.partition(" ")
    pointed = await _pointed_at(call, unit, services)
    if pointed is not None and not word:
        return await _withdraw(call, unit, services, pointed.ref, [pointed])
    ref = await services.changes.meant(unit, call.place.room, word, (call.reply_to, call.thread))
    own = await services.changes.own(unit, ref, call.caller.user)
    chosen = rest.strip()
    if chosen and chosen != EVERYTHING:
        own = [message for message in own if str(message.seq) == chosen]
    if not own:
        raise NothingOfYours(ref=ref)
    exchange = await services.exchange.get(unit, ref)
    clear = len(own) == 1 and (word or call.reply_to is None)
    if clear or chosen == EVERYTHING or exchange is None:
        return await _withdraw(call, unit, services, ref, own)
    return _list(call, exchange, own)


async def _pointed_at(call: Call, unit: Unit, services: Needs) -> Message | None:
    """The caller's own message that the command is a rich reply to."""
    if call.reply_to is None:
        return None
    found = await services.exchange.message(unit, call.place.room, call.reply_to)
    if found is None or found.withdrawn or found.author != call.caller.user:
        return None
    return found


async def _withdraw(call: Call, unit: Unit, services: Needs, ref: Ref, messages: Sequence[Message]) -> Answer:
    rooms = await services.changes.withdraw(unit, call.caller.actor, messages)
    letters = await services.exchange.letters(unit, ref) if any(message.seq == 1 for message in messages) else []
    gone = ", ".join(str(one.post.organisation) for one in letters if one.state is State.SENT)
    said = say(call.language, "exchange-withdrawn", ref=ref, count=len(messages), rooms=rooms)
    if gone and not rooms:
        return Reply(say(call.language, "exchange-withdrawn-mail-only", ref=ref, who=gone), ref=ref)
    return Reply(Rich.lines([said, say(call.language, "exchange-withdrawn-mail", who=gone)]) if gone else said, ref=ref)


def _list(call: Call, exchange: Exchange, own: Sequence[Message]) -> Answer:
    newest = own[-LISTED:]
    lines = [say(call.language, "exchange-withdraw-which", ref=exchange.ref)]
    for number, message in enumerate(newest, start=1):
        said = f"{message.said_at:%Y-%m-%d %H:%M} UTC"
        what = "exchange-withdraw-first" if message.seq == 1 else "exchange-withdraw-one"
        lines.append(Rich(f"{number}. ", f"{number}. ") + say(call.language, what, seq=message.seq, said=said))
    options = [f"{exchange.ref} {message.seq}" for message in newest]
    if len(own) > 1:
        number = len(newest) + 1
        lines.append(Rich(f"{number}. ", f"{number}. ") + say(call.language, "exchange-withdraw-all", count=len(own)))
        options.append(f"{exchange.ref} {EVERYTHING}")
    return Reply(Rich.lines(lines), tlp=exchange.tlp, question=Question(options=tuple(options)), ref=exchange.ref)


COMMAND = Command(name="withdraw", access=Access.DESK, run=run, group="exchange", urgent=always)
