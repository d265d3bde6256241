"""Which commands there are: found by entry points, loaded only if the configuration allows them by name.

An entry point is code that runs beside the keys.  So nothing is loaded that is not allowed, and a command that
is broken, missing, offered twice or in another's way stops the start.
"""

from collections.abc import Iterable, Mapping
from importlib.metadata import EntryPoint, entry_points

from bot.commands.answers import fold
from bot.commands.call import Command
from bot.commands.parse import Meaning
from bot.errors import NotDone, ServiceError
from bot.i18n.catalogue import Catalogue, catalogue

GROUP = "enlace.commands"
REQUIRED: Mapping[str, tuple[str, ...]] = {
    "": ("help", "trust", "verify"),
    "send": ("reply",),
    "escalate": ("ack", "decline"),
}
"""What must be allowed always (every refusal leads there), and what beside a command that cannot do without."""


class CommandsWrong(ServiceError):
    """The commands cannot be loaded."""

    code = "commands-wrong"


class CommandMissing(CommandsWrong):
    """The configuration allows the command {name}, and no installed package offers it."""

    code = "command-missing"


class CommandTwice(CommandsWrong):
    """The command {name} is offered by more than one package: {packages}."""

    code = "command-twice"


class CommandBroken(CommandsWrong):
    """The command {name} of {package} cannot be loaded: {reason}."""

    code = "command-broken"


class CommandNotListed(CommandsWrong):
    """The command {name} is not allowed, and enlace cannot do without it."""

    code = "command-not-listed"


class CommandWithoutWords(CommandsWrong):
    """The command {name} has no words, usage or example in the language {language}."""

    code = "command-without-words"


class WordsClash(CommandsWrong):
    """The word {word} stands for two commands: {first} and {second}."""

    code = "words-clash"


class CommandNotOffered(NotDone):
    """The command {name} is not offered here; nothing was done."""

    code = "command-not-offered"


class Registry:
    """The commands of one deployment, checked."""

    def __init__(
        self,
        commands: Iterable[Command],
        texts: Catalogue | None = None,
        versions: Mapping[str, str] | None = None,
    ) -> None:
        """Raises :class:`CommandTwice`, :class:`CommandWithoutWords` or :class:`WordsClash`."""
        self._texts = texts or catalogue()
        self._commands: dict[str, Command] = {}
        for command in commands:
            if command.name in self._commands:
                raise CommandTwice(name=command.name, packages="–")
            self._commands[command.name] = command
        self._words = self._read_words()
        self._versions = dict(versions or {})

    @classmethod
    def load(cls, allowed: Iterable[str] | None = None, texts: Catalogue | None = None) -> "Registry":
        """Load the allowed commands, or with None all that ship with enlace itself.

        Raises a :class:`CommandsWrong` for the first thing that is wrong."""
        offered = list(entry_points(group=GROUP))
        if allowed is None:
            allowed = [point.name for point in offered if _package(point) == "enlace"]
        names = tuple(dict.fromkeys(allowed))
        for of, required in REQUIRED.items():
            for name in required if of in ("", *names) else ():
                if name not in names:
                    raise CommandNotListed(name=name)
        commands, versions = [], {}
        for name in names:
            point = _only(name, offered)
            commands.append(_load(point))
            versions[name] = f"{_package(point)} {point.dist.version}" if point.dist else _package(point)
        return cls(commands, texts, versions)

    def command(self, name: str) -> Command:
        """The command of this canonical name; raises :class:`CommandNotOffered`."""
        try:
            return self._commands[name]
        except KeyError:
            raise CommandNotOffered(name=name) from None

    def commands(self) -> tuple[Command, ...]:
        """Every command, in the order of the configuration."""
        return tuple(self._commands.values())

    def words(self) -> Mapping[str, Meaning]:
        """Folded words (:func:`bot.commands.answers.fold`) and what they stand for."""
        return self._words

    def word(self, name: str, language: str) -> str:
        """The command's first word in this language, without the exclamation mark."""
        return self.spelled(name, language)[0]

    def spelled(self, name: str, language: str) -> tuple[str, ...]:
        """All of the command's words in this language as they are written, the canonical one first."""
        return tuple(self._texts.text(language, f"command-{name}.words").plain.split())

    def versions(self) -> Mapping[str, str]:
        """Distribution and version of each command, for the log."""
        return self._versions

    def _read_words(self) -> dict[str, Meaning]:
        words: dict[str, Meaning] = {}
        for language in self._texts.languages:
            for name in self._commands:
                key = f"command-{name}"
                parts = [key, *(f"{key}.{part}" for part in ("words", "usage", "example"))]
                if not all(self._texts.has(part) for part in parts) or not self.spelled(name, language):
                    raise CommandWithoutWords(name=name, language=language)
                for word in self.spelled(name, language):
                    known = words.get(fold(word), Meaning(name, ()))
                    if known.name != name:
                        raise WordsClash(word=word, first=known.name, second=name)
                    if language not in known.languages:
                        words[fold(word)] = Meaning(name, (*known.languages, language))
        return words


def _package(point: EntryPoint) -> str:
    return point.dist.name if point.dist else "–"


def _only(name: str, offered: Iterable[EntryPoint]) -> EntryPoint:
    found = {(_package(point), point.value): point for point in offered if point.name == name}
    if not found:
        raise CommandMissing(name=name)
    if len(found) > 1:
        raise CommandTwice(name=name, packages=", ".join(sorted(package for package, _ in found)))
    return next(iter(found.values()))


def _load(point: EntryPoint) -> Command:
    try:
        command = point.load()
    except Exception as reason:  # whatever a plug-in raises on import, the start stops with its name
        raise CommandBroken(name=point.name, package=_package(point), reason=repr(reason)) from reason
    if not isinstance(command, Command):
        raise CommandBroken(name=point.name, package=_package(point), reason=f"{point.value} is no Command")
    if command.name != point.name:
        raise CommandBroken(name=point.name, package=_package(point), reason=f"it calls itself {command.name}")
    return command
