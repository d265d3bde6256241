"""Reads the configuration: YAML, then the environment, then secrets; every problem is reported, all at once."""

import difflib
import stat
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml
from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bot.config import problems as wrong
from bot.config.model import Config, Section
from bot.config.problems import ConfigError, ConfigProblem, Spot
from bot.config.shape import Key, choices, dotted, example, field, is_path, is_secret, item, leaves, siblings, variable
from bot.config.shape import section as section_of

PREFIX = "ENLACE_"


def load_config(path: Path, environ: Mapping[str, str], languages: Collection[str] | None = None) -> Config:
    """The settings from ``path``, overridden by ``ENLACE_…`` variables of ``environ``; all paths absolute.

    Secrets come from, first found: ``ENLACE_VAULT__PASSPHRASE``, ``ENLACE_VAULT__PASSPHRASE_FILE``,
    ``vault.passphrase_file`` of the file, or the systemd credential ``vault.passphrase``
    (``$CREDENTIALS_DIRECTORY``).  ``languages`` are those that can be offered (BCP 47, without regions), where the
    caller knows.  Raises :class:`ConfigError` with every problem found, in the file's order."""
    reading = _Reading(path.absolute(), environ)
    reading.read_file()
    reading.read_environment()
    reading.check_paths()
    reading.settle_state_directory()
    reading.read_secrets()
    reading.check_files()
    reading.check_language(languages)
    config = reading.validate()
    if reading.problems or config is None:
        raise ConfigError(sorted(reading.problems, key=lambda p: (p.line is None, p.file, p.line or 0)))
    return _absolute(config)


class _Loader(yaml.SafeLoader):
    """Says where a value stands that is none, such as the 45th of a month."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except ValueError:
            problem = "there is no such date or number"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


class _Reading:
    def __init__(self, path: Path, environ: Mapping[str, str]) -> None:
        self.path = path
        self.environ = environ
        self.problems: list[ConfigProblem] = []
        self.data: dict[str, Any] = {}
        self.spots: dict[Key, Spot] = {(): Spot(str(path), 1)}
        self.state = path.parent

    # --- the file ---------------------------------------------------------------------------------------

    def read_file(self) -> None:
        whole = Spot(str(self.path))
        try:
            text = self.path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            raise ConfigError([wrong.Unreadable(spot=whole, key=str(self.path), reason=reason or "")]) from None
        try:
            data = self._parsed(text)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            spot = Spot(str(self.path), mark.line + 1 if mark else None)
            raise ConfigError([wrong.BadYaml(spot=spot, key="", reason=error.problem or "")]) from None
        except yaml.reader.ReaderError as error:
            spot = Spot(str(self.path), text.count("\n", 0, error.position) + 1)
            reason = f"there is a control character (U+{ord(text[error.position]):04X})"
            raise ConfigError([wrong.BadYaml(spot=spot, key="", reason=reason)]) from None
        except RecursionError:
            raise ConfigError([wrong.BadYaml(spot=whole, key="", reason="it is nested too deeply")]) from None
        except yaml.YAMLError as error:
            raise ConfigError([wrong.BadYaml(spot=whole, key="", reason=type(error).__name__)]) from None
        if not isinstance(data, dict):
            raise ConfigError([wrong.WantsSection(spot=self.spots[()], key=self.path.name)])
        self.data = {str(key): value for key, value in data.items()}
        for name, info in Config.model_fields.items():
            # A section of which everything is commented out reads as null; an absent one lacks each of its keys.
            if section_of(info.annotation) and self.data.get(name) is None:
                self.data[name] = {}

    def _parsed(self, text: str) -> Any:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            self._note_lines(node, (), frozenset())
            return loader.construct_document(node) if node is not None else {}
        finally:
            loader.dispose()

    def _note_lines(self, node: yaml.Node | None, key: Key, above: frozenset[int]) -> None:
        if id(node) in above:
            return  # an alias to its own parent; construction refuses what cannot be built
        above |= {id(node)}
        if isinstance(node, yaml.MappingNode):
            seen: dict[str, int] = {}
            for name, value in node.value:
                if not isinstance(name, yaml.ScalarNode):
                    continue  # construction refuses it, and says where
                line = name.start_mark.line + 1
                below = (*key, str(name.value))
                if name.value in seen:
                    spot = Spot(str(self.path), line)
                    self.problems.append(wrong.Twice(spot=spot, key=dotted(below), first=seen[name.value]))
                seen.setdefault(str(name.value), line)
                self.spots[below] = Spot(str(self.path), line)
                self._note_lines(value, below, above)
        elif isinstance(node, yaml.SequenceNode):
            for number, value in enumerate(node.value):
                self.spots[*key, number] = Spot(str(self.path), value.start_mark.line + 1)
                self._note_lines(value, (*key, number), above)

    # --- the environment --------------------------------------------------------------------------------

    def read_environment(self) -> None:
        """Only names with a double underscore, and those of top settings, are settings; others are not ours."""
        for name in sorted(self.environ):
            if not name.startswith(PREFIX):
                continue
            key: Key = tuple(name.removeprefix(PREFIX).lower().split("__"))
            info = field(key)
            spot = Spot(name)
            if info is None or section_of(info.annotation):
                if len(key) > 1:
                    self.problems.append(_unknown(key, spot))
                continue
            if is_secret(info):
                continue
            above = self._section(key[:-1])
            if above is not None:
                above[str(key[-1])] = _from_text(info, self.environ[name])
                self.spots[key] = spot

    def _section(self, key: Key) -> dict[str, Any] | None:
        at: Any = self.data
        for part in key:
            at = at.setdefault(part, {}) if isinstance(at, dict) else None
        return at if isinstance(at, dict) else None

    def check_paths(self) -> None:
        """Paths that can be nowhere are not looked for."""
        for key, info in leaves():
            above = self._section(key[:-1])
            value: Any = above.get(str(key[-1])) if above is not None else None
            listed = isinstance(value, list) and item(info.annotation) is Path
            for number, given in enumerate(value if listed else [value] if is_path(info) else ()):
                reason = _nowhere(given) if isinstance(given, str) else None
                if reason is not None and above is not None:
                    at: Key = (*key, number) if listed else key
                    name = f"{dotted(at)} ({given})"
                    self.problems.append(wrong.Unreadable(spot=self._spot(at), key=name, reason=reason))
                    above.pop(str(key[-1]), None)

    def settle_state_directory(self) -> None:
        given = self.data.get("state_directory")
        if given is None:
            given = self.environ.get("STATE_DIRECTORY", "").split(":")[0] or str(
                Config.model_fields["state_directory"].default
            )
        if isinstance(given, str):  # else validation says so
            self.state = self.path.parent / (given if _nowhere(given) else Path(given).expanduser())
            self.data["state_directory"] = str(self.state)

    # --- secrets and files ------------------------------------------------------------------------------

    def read_secrets(self) -> None:
        for key, info in leaves():
            if not is_secret(info):
                continue
            above = self._section(key[:-1])
            if above is None:
                continue
            name = str(key[-1])
            if above.pop(name, None) is not None:
                self.problems.append(wrong.SecretInFile(spot=self.spots[key], key=dotted(key)))
            found = self._secret(key, above.get(f"{name}_file"))
            if found is not None:
                above[name] = found

    def _secret(self, key: Key, named: object) -> str | None:
        direct = self.environ.get(variable(key))
        file_key: Key = (*key[:-1], f"{key[-1]}_file")
        if direct is not None:
            if variable(file_key) in self.environ:
                self.problems.append(
                    wrong.SecretTwice(spot=Spot(variable(key)), key=dotted(key), other=variable(file_key))
                )
            return direct
        if isinstance(named, str):
            return self._secret_file(self.state / Path(named).expanduser(), file_key, private=True)
        credentials = self.environ.get("CREDENTIALS_DIRECTORY")
        if credentials and (Path(credentials) / dotted(key)).is_file():
            # The service manager guards this folder; the files' modes there are its own affair.
            self.spots[file_key] = Spot("CREDENTIALS_DIRECTORY")
            return self._secret_file(Path(credentials) / dotted(key), file_key, private=False)
        return None

    def _secret_file(self, path: Path, key: Key, *, private: bool) -> str | None:
        spot, name = self._spot(key), dotted(key)
        try:
            if private and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                self.problems.append(wrong.OpenToOthers(spot=spot, key=name, path=str(path)))
                return None
            text = path.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
            self.problems.append(wrong.Unreadable(spot=spot, key=f"{name} ({path})", reason=reason or ""))
            return None
        if not text:
            self.problems.append(wrong.Unreadable(spot=spot, key=f"{name} ({path})", reason="it is empty"))
            return None
        return text

    def check_files(self) -> None:
        """Files that are named must be there; folders and files of enlace's own are made by ``enlace init``."""
        section = self.data.get("directory")
        named = section.get("profiles") if isinstance(section, dict) else None
        files: list[tuple[Key, Any]] = [
            (("directory", "profiles", number), given)
            for number, given in enumerate(named if isinstance(named, list) else [])
        ]
        policy = self.data.get("policy")
        files.append((("policy", "ladders"), policy.get("ladders") if isinstance(policy, dict) else None))
        for key, given in files:
            if isinstance(given, str) and not (self.state / Path(given).expanduser()).is_file():
                name = f"{dotted(key)} ({self.state / given})"
                self.problems.append(wrong.Unreadable(spot=self._spot(key), key=name, reason="there is no such file"))

    def check_language(self, languages: Collection[str] | None) -> None:
        """The default language must be offered; a region (``es-MX``) is left aside, as everywhere."""
        section = self.data.get("i18n")
        given = section.get("default") if isinstance(section, dict) else None
        if languages is None or not isinstance(given, str) or given.split("-")[0].lower() in languages:
            return  # what is no text, validation says so
        key: Key = ("i18n", "default")
        spot, choices_now = self._spot(key), ", ".join(sorted(languages))
        self.problems.append(wrong.LanguageNotOffered(spot=spot, key=dotted(key), value=given, choices=choices_now))

    # --- validation -------------------------------------------------------------------------------------

    def validate(self) -> Config | None:
        try:
            return Config.model_validate(self.data)
        except ValidationError as error:
            self.problems += [self._problem(detail) for detail in error.errors(include_input=False, include_url=False)]
            return None

    def _spot(self, key: Key) -> Spot:
        while key not in self.spots:
            key = key[:-1]
        return self.spots[key]

    def _problem(self, detail: ErrorDetails) -> ConfigProblem:
        key: Key = detail["loc"]
        kind = detail["type"]
        context = detail.get("ctx") or {}
        if kind == "extra_forbidden":
            return _unknown(key, self._spot(key))
        info = field(key)
        shown = example(info) if info else "…"
        spot, name = self._spot(key), dotted(key)
        make = _PROBLEMS.get(kind, wrong.WantsForm)
        if make in {wrong.TooSmall, wrong.TooLarge}:
            return make(spot=spot, key=name, limit=context.get("ge", context.get("le")))
        if make is wrong.WantsChoice:
            return make(spot=spot, key=name, choices=", ".join(choices(info.annotation) if info else ()))
        if make is wrong.SameCoordinator:
            return make(spot=self._spot((*key, "coordinators")), key="policy.coordinators", value=context.get("value"))
        if make in _ABOUT:
            about = (*key, *_ABOUT[make].split("."))
            return make(spot=self._spot(about), key=dotted(about))
        return make(spot=spot, key=name, example=shown)


_PROBLEMS: dict[str, type[ConfigProblem]] = {
    "missing": wrong.MissingKey,
    "string_type": wrong.WantsText,
    "path_type": wrong.WantsText,
    "int_type": wrong.WantsNumber,
    "greater_than_equal": wrong.TooSmall,
    "less_than_equal": wrong.TooLarge,
    "bool_type": wrong.WantsTruth,
    "literal_error": wrong.WantsChoice,
    "enum": wrong.WantsChoice,
    "tuple_type": wrong.WantsList,
    "model_type": wrong.WantsSection,
    "model_attributes_type": wrong.WantsSection,
    "form": wrong.WantsForm,
    "plain_http": wrong.PlainHttp,
    "not_loopback": wrong.NotLoopback,
    "secret_in_url": wrong.SecretInUrl,
    "too_few_coordinators": wrong.TooFewCoordinators,
    "same_coordinator": wrong.SameCoordinator,
    "mail_without_sender": wrong.MailWithoutSender,
    "plain_mail": wrong.PlainMail,
    "webhooks_without_secret": wrong.WebhooksWithoutSecret,
    "same_port": wrong.SamePort,
    "stale_before_asked": wrong.StaleBeforeAsked,
}

_ABOUT: dict[type[ConfigProblem], str] = {
    wrong.TooFewCoordinators: "coordinators",
    wrong.MailWithoutSender: "mail_from",
    wrong.PlainMail: "smtp_security",
    wrong.WebhooksWithoutSecret: "webhook_secret",
    wrong.SamePort: "public_port",
    wrong.StaleBeforeAsked: "stale_after_days",
}
"""Which setting of its section a problem is about that is found in the whole section."""


def _unknown(key: Key, spot: Spot) -> ConfigProblem:
    near = difflib.get_close_matches(str(key[-1]), siblings(key), n=1)
    if near:
        return wrong.UnknownKeyNear(spot=spot, key=dotted(key), near=dotted((*key[:-1], near[0])))
    return wrong.UnknownKey(spot=spot, key=dotted(key))


def _from_text(info: FieldInfo, text: str) -> Any:
    """A variable's text as the setting wants it: as it is, else read as YAML (numbers, truth, lists)."""
    adapter: TypeAdapter[Any] = TypeAdapter(info.rebuild_annotation())
    try:
        adapter.validate_python(text)
    except ValidationError:
        try:
            return yaml.safe_load(text)
        except (yaml.YAMLError, ValueError, RecursionError):
            return text
    return text


def _nowhere(path: str) -> str | None:
    """Why no machine, or not this one, has such a path."""
    if "\0" in path:
        return "no path holds a NUL character"
    try:
        Path(path).expanduser()
    except RuntimeError:
        return f"this machine has no user {path[1:].partition('/')[0]}"
    return None


def _absolute(config: Config) -> Config:
    state = config.state_directory
    sections = {}
    for name, info in Config.model_fields.items():
        model = section_of(info.annotation)
        if model:
            sections[name] = _absolute_section(getattr(config, name), state)
    return config.model_copy(update=sections)


def _absolute_section(section: Section, state: Path) -> Section:
    changed: dict[str, Any] = {}
    for name, info in type(section).model_fields.items():
        value = getattr(section, name)
        if is_path(info) and value is not None:
            changed[name] = state / value.expanduser()
        elif item(info.annotation) is Path:
            changed[name] = tuple(state / path.expanduser() for path in value)
    return section.model_copy(update=changed)
