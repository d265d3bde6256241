"""``!help``: what this caller may do here, each with one worked example; one command; the TLP labels."""

from typing import Protocol

from bot.commands.access import may
from bot.commands.answers import fold
from bot.commands.call import Access, Answer, Call, Command, Reply
from bot.commands.parse import UnknownCommand
from bot.commands.registry import Registry
from bot.db.unit import Unit
from bot.i18n.catalogue import catalogue, say
from bot.i18n.rich import Rich, code, link, quote
from bot.outbox.model import Audience
from bot.tlp import Tlp

GROUPS = ("exchange", "escalation", "incident", "assist", "directory", "trust", "core")
"""In this order; a group that is not among them stands last, under "other"."""
TLP_WORD = "tlp"


class Policy(Protocol):
    """The settings that the help names."""

    @property
    def coordinators_phones(self) -> tuple[tuple[str, str], ...]:
        """Name and published phone number of each coordinator who has one."""

    @property
    def tlp_default(self) -> Tlp:
        """The label of a message that names none."""


class Needs(Protocol):
    """What this command uses."""

    @property
    def registry(self) -> Registry:
        """The commands that there are."""

    @property
    def policy(self) -> Policy:
        """Settings."""


async def run(call: Call, _unit: Unit, services: Needs) -> Answer:
    """Answer with the list, one command or the labels; raises :class:`bot.commands.parse.UnknownCommand`."""
    topic = call.first_line.split(maxsplit=1)[0] if call.first_line else ""
    if not topic:
        text = _list(call, services)
    elif fold(topic) == TLP_WORD:
        text = _labels(call.language, services.policy.tlp_default)
    else:
        text = _one(call, topic, services.registry)
    return Reply(text, tlp=Tlp.CLEAR, audience=Audience.OPEN)


def _list(call: Call, services: Needs) -> Rich:
    language = call.language
    groups: dict[str, list[Rich]] = {group: [] for group in (*GROUPS, "other")}
    for command in services.registry.commands():
        if may(command.access, call.caller, call.place) is None:
            group = command.group if command.group in GROUPS else "other"
            groups[group].append(
                say(
                    language,
                    "help-line",
                    example=_command(say(language, f"command-{command.name}.example")),
                    summary=say(language, f"command-{command.name}"),
                )
            )
    lines = [say(language, "help-head")]
    trouble = may(Access.VERIFIED, call.caller, call.place)
    if trouble is not None:
        lines.append(catalogue().error(language, trouble))
        lines += [_phone(language, name, number) for name, number in services.policy.coordinators_phones]
    for group, entries in groups.items():
        if entries:
            lines += [say(language, f"help-group-{group}").bold(), *entries]
    return Rich.lines([*lines, say(language, "help-more")])


def _one(call: Call, topic: str, registry: Registry) -> Rich:
    language = call.language
    meaning = registry.words().get(fold(topic.lstrip("!¡！")))
    if meaning is None:
        raise UnknownCommand(word=topic)
    key = f"command-{meaning.name}"
    words = [code(f"!{word}") for word in registry.spelled(meaning.name, language)]
    denied = may(registry.command(meaning.name).access, call.caller, call.place)
    return Rich.lines(
        [
            say(language, "help-line", example=words[0], summary=say(language, key)),
            say(language, "help-usage", usage=_command(say(language, f"{key}.usage"))),
            say(language, "help-example", example=_command(say(language, f"{key}.example"))),
            say(language, "help-words", words=_joined(words[1:])) if words[1:] else Rich(),
            say(language, "help-may") if denied is None else catalogue().error(language, denied),
        ]
    )


def _labels(language: str, default: Tlp) -> Rich:
    lines = [
        say(language, "help-tlp-line", label=_label(label), reach=say(language, f"help-tlp-{key}"))
        for label, key in (
            (Tlp.RED, "red"),
            (Tlp.AMBER_STRICT, "amber-strict"),
            (Tlp.AMBER, "amber"),
            (Tlp.GREEN, "green"),
            (Tlp.CLEAR, "clear"),
        )
    ]
    return Rich.lines(
        [
            say(language, "help-tlp-head"),
            *lines,
            say(language, "help-tlp-default", label=_label(default)),
            say(language, "help-tlp-limits"),
        ]
    )


def _label(label: Tlp) -> Rich:
    coloured = f'<span data-mx-color="{label.colour}" data-mx-bg-color="#000000">{label}</span>'
    return Rich(str(label), coloured).bold()


def _phone(language: str, name: str, number: str) -> Rich:
    digits = "".join(c for c in number if c.isdigit() or c == "+")
    return say(language, "help-phone", name=name, phone=link(f"tel:{digits}", number) if digits else quote(number))


def _command(example: Rich) -> Rich:
    return code(example.plain.replace("\n", " ⏎ "))


def _joined(pieces: list[Rich]) -> Rich:
    return Rich(", ".join(p.plain for p in pieces), ", ".join(p.html for p in pieces))


COMMAND = Command(name="help", access=Access.ANYONE, run=run)
