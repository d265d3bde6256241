"""What can be wrong with a setting: one class per kind, each saying where it stands and what would be right."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from bot.errors import EnlaceError, NotDone


@dataclass(frozen=True, slots=True)
class Spot:
    """Where a value was written: a line of the file (counted from 1), or the variable or file it came from."""

    source: str
    """The file's path, or the name of the environment variable."""
    line: int | None = None

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


class ConfigProblem(EnlaceError):
    """{where}: {setting} is not right."""

    code: ClassVar[str] = "config-problem"

    def __init__(self, *, spot: Spot, key: str, **values: object) -> None:
        super().__init__(where=str(spot), setting=key, **values)
        self.spot = spot
        self.key = key

    @property
    def file(self) -> str:
        """The file or environment variable that holds the value, or should."""
        return self.spot.source

    @property
    def line(self) -> int | None:
        """The line, counted from 1; None where it came from the environment."""
        return self.spot.line


class Unreadable(ConfigProblem):
    """{where}: {setting} cannot be read: {reason}."""

    code = "config-unreadable"


class BadYaml(ConfigProblem):
    """{where}: this is not valid YAML: {reason}."""

    code = "config-bad-yaml"


class Twice(ConfigProblem):
    """{where}: {setting} stands twice; the first is in line {first}. Keep one."""

    code = "config-twice"


class UnknownKey(ConfigProblem):
    """{where}: there is no setting {setting}."""

    code = "config-unknown-key"


class UnknownKeyNear(ConfigProblem):
    """{where}: there is no setting {setting}. Did you mean {near}?"""

    code = "config-unknown-key-near"


class MissingKey(ConfigProblem):
    """{where}: {setting} is missing. It is required, for example: {example}."""

    code = "config-missing-key"


class WantsText(ConfigProblem):
    """{where}: {setting} must be text; put it in quotes, for example: {example}."""

    code = "config-wants-text"


class WantsNumber(ConfigProblem):
    """{where}: {setting} must be a whole number, for example: {example}."""

    code = "config-wants-number"


class TooSmall(ConfigProblem):
    """{where}: {setting} must be at least {limit}."""

    code = "config-too-small"


class TooLarge(ConfigProblem):
    """{where}: {setting} must be at most {limit}."""

    code = "config-too-large"


class WantsTruth(ConfigProblem):
    """{where}: {setting} must be true or false."""

    code = "config-wants-truth"


class WantsChoice(ConfigProblem):
    """{where}: {setting} must be one of: {choices}."""

    code = "config-wants-choice"


class WantsList(ConfigProblem):
    """{where}: {setting} must be a list, for example: {example}."""

    code = "config-wants-list"


class WantsSection(ConfigProblem):
    """{where}: {setting} must be a section: its settings stand below it, indented, as “name: value”."""

    code = "config-wants-section"


class WantsForm(ConfigProblem):
    """{where}: {setting} does not have the right form, for example: {example}."""

    code = "config-wants-form"


class SecretInFile(ConfigProblem):
    """{where}: {setting} is a secret and does not stand in the configuration. Put it in a file of mode 0600 and name
    that file in {setting}_file, or give it as a systemd credential."""

    code = "config-secret-in-file"


class SecretInUrl(ConfigProblem):
    """{where}: {setting} holds a password. Take it out and name a file that holds it in database.password_file."""

    code = "config-secret-in-url"


class SecretTwice(ConfigProblem):
    """{where}: {setting} is also given by {other}. Keep one of the two."""

    code = "config-secret-twice"


class OpenToOthers(ConfigProblem):
    """{where}: others on this machine can read {path}, which {setting} names. Run: chmod 600 {path}"""

    code = "config-open-to-others"


class PlainHttp(ConfigProblem):
    """{where}: {setting} must begin with https:// (http:// is only for this machine itself)."""

    code = "config-plain-http"


class MailWithoutSender(ConfigProblem):
    """{where}: {setting} is missing; with notify.smtp_host there is mail, and mail has a sender."""

    code = "config-mail-without-sender"


class PlainMail(ConfigProblem):
    """{where}: {setting} may be none only where notify.smtp_host is this machine itself."""

    code = "config-plain-mail"


class WebhooksWithoutSecret(ConfigProblem):
    """{where}: {setting} is not given; every POST of notify.webhooks is signed with it."""

    code = "config-webhooks-without-secret"


class SamePort(ConfigProblem):
    """{where}: {setting} must not be web.port: what people reach from outside is served on a port of its own."""

    code = "config-same-port"


class StaleBeforeAsked(ConfigProblem):
    """{where}: {setting} must not be less than directory.confirm_every_days: entries would be stale before anybody is
    asked about them."""

    code = "config-stale-before-asked"


class NotLoopback(ConfigProblem):
    """{where}: {setting} must be an address of this machine itself, 127.0.0.1 or ::1; a reverse proxy may publish
    it."""

    code = "config-not-loopback"


class TooFewCoordinators(ConfigProblem):
    """{where}: {setting} needs at least two people, so that trust never hangs on one account or one key."""

    code = "config-too-few-coordinators"


class SameCoordinator(ConfigProblem):
    """{where}: {setting} names {value} for two coordinators. Each needs an account and a key of their own."""

    code = "config-same-coordinator"


class LanguageNotOffered(ConfigProblem):
    """{where}: {setting} is {value}, and enlace does not speak it. It must be one of: {choices}."""

    code = "config-language-not-offered"


class ConfigError(NotDone):
    """The configuration has {count} problem(s):
    {lines}"""

    code = "config"

    def __init__(self, problems: Iterable[ConfigProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(count=len(self.problems), lines="\n".join(str(problem) for problem in self.problems))

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)
