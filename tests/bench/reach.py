"""``python -m tests.bench.reach``: how soon somebody of each of 193 States has a call, and who is never reached: with a
phone list, with mail, and with enlace's ladder.

A simulation: clocks, weekends, holidays and the ladder are the real ones (:func:`bot.escalation.rules.ladder.next_step`
is what the service calls); how people behave is assumed, below, each figure with its reason.  ``--set stale=0.2``
changes one.  ``docs/reach.md`` is made of a run with all of them as they stand."""

import argparse
import math
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from typing import Any

from bot.directory.model import Membership, Organisation
from bot.escalation.model import Door, Policy, Severity, Step, Who
from bot.escalation.rules.ladder import Doors, Happened, next_step
from bot.escalation.rules.policies import Policies, applies
from bot.escalation.service.policies import shipped_policies
from bot.ids import Handle
from tests.bench.reach_world import ALWAYS, LENGTH, SLEEPS, WAKES, YEAR, State, states

SEED = 20261125
WORLDS = 10
OFFICE = "09:00-17:00"
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
TRIES = 30
"""As often as the caller goes through the phone list at most."""
MOSS = "pages of physicians: median 3 minutes, quartiles 1 and 8 (Moss and others, Chest 116, 1999)"


def assumed(value: float, says: str, reason: str = "assumed") -> Any:
    """One assumption, in a form that prints itself."""
    return field(default=value, metadata={"says": says, "reason": reason})


@dataclass(frozen=True)
class Assumptions:
    """All that is not measured.  Shares lie between 0 and 1, times are minutes."""

    no_after_hours: float = assumed(
        1 / 15, "States of which nobody can be reached by any means while the office is shut: one in fifteen"
    )
    round_the_clock: float = assumed(0.25, "States with a desk that is staffed at any hour")
    stale: float = assumed(
        0.10, "a number, mailbox or account in the list that leads nowhere, each by itself, in every list alike"
    )
    away: float = assumed(0.10, "a person who cannot answer this call, whatever rings")
    answers_office: float = assumed(0.85, "a ring is heard and answered at work")
    answers_awake: float = assumed(0.65, "a ring is heard and answered outside of office hours, 07:00 to 23:00 there")
    answers_asleep: float = assumed(0.35, "a ring is heard and answered from 23:00 to 07:00 there")
    call_takes: float = assumed(3, "dialling a number, until somebody answers or nobody does")
    calls_again: float = assumed(
        15, "until the caller goes through the phone list again, in the first hour; then each hour"
    )
    no_common_language: float = assumed(0.10, "calls in which whoever picks up and the caller share no language")
    mail_lost: float = assumed(0.05, "letters that a filter takes or nobody notices")
    reads_after: float = assumed(
        47,
        "median until what did not ring is read: a letter in office hours, a page while people are awake (in office hours"
        " where nobody can be reached outside of them)",
        "half of all replies to letters come within 47 minutes (Kooti and others, WWW 2015)",
    )
    reads_spread: float = assumed(1.2, "its spread (sigma of the log-normal distribution)")
    on_enlace: float = assumed(
        1.0, "States that are on enlace; the caller of another one reads its phone numbers at once"
    )
    no_client: float = assumed(
        0.10, "people whose client is signed out, not verified or gone: their pages are lost, and enlace knows"
    )
    page_heard: float = assumed(0.70, "a page rings where a phone call would: apps are silenced more often than calls")
    rostered: float = assumed(
        0.80, "organisations that keep a roster; without one nobody is on duty and nobody is the backup"
    )
    types_ok: float = assumed(3, "median until somebody who heard a page has read it and typed ok", MOSS)
    types_spread: float = assumed(1.5, "its spread", MOSS)
    phones_when_exhausted: float = assumed(
        0, "1: the caller goes through the phone list once the ladder is exhausted, as enlace says"
    )


@dataclass(frozen=True)
class Person:
    """One person's luck in one call: each number is drawn evenly from 0 to 1, or normally for times."""

    stale: float
    client: float
    away: float
    reads: float
    rings: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Call:
    """One call to one State, with all its luck: the same for every way to reach it and every assumption."""

    state: State
    at: datetime
    always: float
    deaf: float
    rostered: float
    on_enlace: float
    language: float
    lost: float
    mailbox: Person
    office: Person
    people: Mapping[Who, Person]


TECHNICAL, DIPLOMATIC = "technical", "diplomatic"
STAFF = (Who.ON_DUTY, Who.BACKUP, Who.LEAD, Who.DIPLOMATIC)
HOLDERS = {TECHNICAL: Who.ON_DUTY, DIPLOMATIC: Who.DIPLOMATIC}
BUILT_IN = {severity: Policies().policy(None, severity) for severity in Severity}


def of_un_gpd(severity: Severity) -> Policy:
    """The ladder that the shipped network of the United Nations brings, chosen as the service chooses."""
    entry = Organisation(Handle("X"), memberships=(Membership("un-gpd", (TECHNICAL, DIPLOMATIC)),))
    return shipped_policies().policy(entry, severity)


def calls(seed: int, worlds: int) -> list[Call]:
    """Each State is called once in each world, at an instant of the year drawn evenly."""
    return [_call(random.Random(f"{seed}/{world}/{s.code}"), s) for world in range(worlds) for s in states(OFFICE)]


def _call(luck: random.Random, state: State) -> Call:
    def person(rings: int) -> Person:
        drawn = tuple((luck.random(), luck.gauss(0, 1)) for _ in range(rings))
        return Person(luck.random(), luck.random(), luck.random(), luck.gauss(0, 1), drawn)

    return Call(
        state,
        YEAR + luck.random() * LENGTH,
        *(luck.random() for _ in range(6)),
        person(0),
        person(TRIES),
        {who: person(TRIES if who is Who.ON_DUTY else 8) for who in STAFF},
    )


class Tries:
    """One call under one set of assumptions, tried in each of the ways; each gives the time of the answer or None."""

    def __init__(self, call: Call, given: Assumptions) -> None:
        self.call, self.given, self.state = call, given, call.state
        self.always = call.always < given.round_the_clock
        self.deaf = not self.always and call.deaf < given.no_after_hours / max(1 - given.round_the_clock, 1e-9)

    def doors(self, at: datetime) -> Door:
        """The office that is called, as the ladder sees it."""
        return ALWAYS if self.always else self.state.door(at)

    def answers(self, who: Who, at: datetime) -> float:
        """How likely somebody hears a ring now and answers it."""
        if self.state.door(at).open or (self.always and who is Who.ON_DUTY):
            return self.given.answers_office
        if self.deaf:
            return 0.0
        awake = WAKES <= at.astimezone(self.state.where).time() < SLEEPS
        return self.given.answers_awake if awake else self.given.answers_asleep

    def work(self, person: Person) -> timedelta:
        """How long it takes until they read what did not ring, of the time in which they could."""
        return self.given.reads_after * MINUTE * math.exp(self.given.reads_spread * person.reads)

    def by_phone(self, since: datetime | None = None) -> datetime | None:
        """The office's number, then the mobile of whoever is on duty; again and again for a day."""
        given, start = self.given, since or self.call.at
        office, mobile = self.call.office, self.call.people[Who.ON_DUTY]
        if self.call.language < given.no_common_language:
            return None
        right, there = office.stale >= given.stale, mobile.stale >= given.stale and mobile.away >= given.away
        takes, again, at = given.call_takes * MINUTE, given.calls_again * MINUTE, start
        for number in range(TRIES):
            if right and office.rings[number][0] < given.answers_office and self.doors(at).open:
                return at + takes
            if there and mobile.rings[number][0] < self.answers(Who.ON_DUTY, at + takes):
                return at + 2 * takes
            at += again if at + again - start <= timedelta(hours=1) else timedelta(hours=1)
            if at - start >= DAY:
                break
        return None

    def by_mail(self) -> datetime | None:
        """One letter to the organisation's mailbox."""
        box = self.call.mailbox
        if box.stale < self.given.stale or self.call.lost < self.given.mail_lost:
            return None
        if self.always:
            return self.call.at + self.work(box)
        return self.state.worked(self.call.at, self.work(box))

    def by_ladder(self, policy: Policy) -> datetime | None:
        """As :mod:`bot.escalation.service.ladder` climbs, with people in place of rooms."""
        if self.call.on_enlace >= self.given.on_enlace:
            return self.by_phone()
        doors: Doors = self.doors
        answered: list[datetime] = []
        rung: dict[Who, int] = {}
        at = next_step(policy, doors, None, self.call.at)
        while at is not None and not any(answer <= at.due for answer in answered):
            if at.step == len(policy.steps):
                late = self.by_phone(at.due) if self.given.phones_when_exhausted else None
                answered += [late] if late is not None else []
                break
            step, now = policy.steps[at.step], at.due
            if not applies(step, doors(now)):
                at = next_step(policy, doors, at, now, Happened.LEFT_OUT)
                continue
            people = self.of_step(step)
            ready = [who for who in people if self.ready(who)]
            for who in ready:
                answered += self.answer(who, now, rung.get(who, 0))
                rung[who] = rung.get(who, 0) + 1
            others = Who.COORDINATORS in step.who
            at = next_step(policy, doors, at, now, Happened.RANG if people or others else Happened.NOBODY)
            if people and not ready and not others:
                at = next_step(policy, doors, at, now, Happened.LOST)
        return min(answered, default=None)

    def of_step(self, step: Step) -> list[Who]:
        """Whom of the called organisation a step is for; coordinators are rung too, and take nothing here."""
        rostered = self.call.rostered < self.given.rostered
        found = [who for who in STAFF if who in step.who and (rostered or who not in (Who.ON_DUTY, Who.BACKUP))]
        found += [who for role, who in HOLDERS.items() if role in step.roles]
        return list(dict.fromkeys(found))

    def ready(self, who: Who) -> bool:
        """Whether a page to them goes into a room that somebody could look at."""
        person = self.call.people[who]
        return person.stale >= self.given.stale and person.client >= self.given.no_client

    def answer(self, who: Who, now: datetime, number: int) -> list[datetime]:
        """When a page is answered: soon if it is heard, else once it is read."""
        person = self.call.people[who]
        if person.away < self.given.away:
            return []
        heard, slow = person.rings[number % len(person.rings)]
        if heard < self.answers(who, now) * self.given.page_heard:
            return [now + self.given.types_ok * MINUTE * math.exp(self.given.types_spread * slow)]
        if self.always and who is Who.ON_DUTY:
            return [now + self.work(person)]
        return [(self.state.worked if self.deaf else self.state.awake)(now, self.work(person))]


@dataclass(frozen=True)
class Summary:
    """How soon, over all calls: minutes; infinite where not within a day."""

    waits: tuple[float, ...]
    """In order."""

    def at(self, percent: float) -> float:
        """Nearest rank, over all calls, also those that nobody answered."""
        return self.waits[max(math.ceil(len(self.waits) * percent / 100) - 1, 0)]

    def missing(self, minutes: float) -> float:
        """The share that nobody has answered by then."""
        return sum(wait > minutes for wait in self.waits) / len(self.waits)


def summary(tried: Iterable[tuple[Call, datetime | None]]) -> Summary:
    """What came of calls."""
    found = ((answer - call.at) / MINUTE if answer is not None else math.inf for call, answer in tried)
    return Summary(tuple(sorted(wait if wait <= DAY / MINUTE else math.inf for wait in found)))


WAYS = ("phone list", "mail", "enlace")


def simulate(made: Sequence[Call], given: Assumptions, policy: Policy) -> dict[str, Summary]:
    """Every call in each of the ways."""
    tries = [Tries(call, given) for call in made]
    return {
        "phone list": summary((t.call, t.by_phone()) for t in tries),
        "mail": summary((t.call, t.by_mail()) for t in tries),
        "enlace": by_ladder(made, given, policy),
    }


def by_ladder(made: Sequence[Call], given: Assumptions, policy: Policy) -> Summary:
    """Every call by one ladder."""
    return summary((call, Tries(call, given).by_ladder(policy)) for call in made)


def changed(given: Assumptions, words: Iterable[str]) -> Assumptions:
    """With ``name=value`` for each that is to be other; raises ValueError."""
    names = {each.name for each in fields(Assumptions)}
    for word in words:
        name, _, value = word.partition("=")
        if name not in names:
            raise ValueError(f"there is no assumption {name!r}: {', '.join(sorted(names))}")
        given = replace(given, **{name: float(value)})
    return given


def main() -> None:
    """Print the seed, and what came of a critical call."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.reach", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--worlds", type=int, default=WORLDS, help="how often each State is called")
    parser.add_argument("--severity", choices=[s.value for s in Severity], default=Severity.CRITICAL.value)
    parser.add_argument("--set", nargs="+", default=[], metavar="NAME=VALUE", help="assumptions that are to be other")
    asked = parser.parse_args()
    try:
        given = changed(Assumptions(), asked.set)
    except ValueError as wrong:
        parser.error(str(wrong))
    made = calls(asked.seed, asked.worlds)
    print(f"reach, simulated: {len(made)} calls to 193 States, seed {asked.seed}, {asked.severity}")
    for name, found in simulate(made, given, BUILT_IN[Severity(asked.severity)]).items():
        print(
            f"  {name:12} median {found.at(50):7.1f} min   p90 {found.at(90):7.1f} min"
            f"   not within an hour {found.missing(60):6.1%}   never (24 h) {found.missing(1440):6.1%}"
        )


if __name__ == "__main__":
    main()
