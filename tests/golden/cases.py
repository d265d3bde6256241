"""The mishaps, how each is brought about, and what stays the same of what is said."""

import os
import re
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.demo.synapse import free_port
from bot.demo.world import Staff, Team, World

HERE = Path(__file__).parent
FILES = HERE / "files"
LANGUAGES = {"en": "en_US.UTF-8", "es": "es_MX.UTF-8"}
TEAM = Team(
    "CERTUY",
    {"es": "CERTuy"},
    "UY",
    "America/Montevideo",
    ("es",),
    (Staff("carla", "Carla Núñez", coordinator=True), Staff("carlos", "Carlos Sosa", coordinator=True)),
)
PINNED = "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 456"
"""All but the last digit of a made-up fingerprint."""


@dataclass(frozen=True, slots=True)
class Case:
    """One mishap: ``arguments`` of the command line, and what else its process is told."""

    name: str
    what: str
    arguments: Callable[[World], list[str]]
    environment: Callable[[World], Mapping[str, str]] = field(default=lambda _: {})
    shown: tuple[str, ...] = ()
    """How the command reads in the documentation."""


def _import(name: str) -> Callable[[World], list[str]]:
    return lambda world: ["directory", "import", f"{name}.yaml", "--yes", "--config", str(world.config_path)]


def _with_config(*arguments: str) -> Callable[[World], list[str]]:
    return lambda world: [*arguments, "--config", str(world.config_path)]


def _init(world: World) -> list[str]:
    folder = world.folder / "another"
    return [
        "init",
        f"--homeserver={world.homeserver.url}",
        f"--user={world.bot}",
        f"--coordinator={world.user('carla')}; {PINNED}7; Carla Núñez",
        f"--coordinator={world.user('carlos')}; {PINNED}8; Carlos Sosa",
        f"--state={folder / 'state'}",
        f"--recovery={folder / 'recovery' / 'identity'}",
        f"--config={folder / 'config.yaml'}",
    ]


def _nobody_listens(_world: World) -> Mapping[str, str]:
    return {"ENLACE_MATRIX__HOMESERVER": f"http://127.0.0.1:{free_port()}"}


def _no_gpg(world: World) -> Mapping[str, str]:
    empty = world.folder / "empty"
    empty.mkdir(exist_ok=True)
    return {"PATH": str(empty)}


CASES = (
    Case(
        "bad-config",
        "Settings that are wrong, all told at once",
        lambda _: ["check", "--config", "bad-config.yaml"],
        shown=("check",),
    ),
    Case(
        "no-config",
        "No configuration where it was looked for",
        lambda _: ["check", "--config", "nowhere.yaml"],
        shown=("check",),
    ),
    Case(
        "bad-directory",
        "A directory file with mistakes: each is told with file and line, and nothing is written",
        _import("bad-directory"),
        shown=("directory", "import", "bad-directory.yaml", "--yes"),
    ),
    Case(
        "wrong-key",
        "A key file that holds another key than the directory names",
        _import("wrong-key"),
        shown=("directory", "import", "wrong-key.yaml", "--yes"),
    ),
    Case(
        "expired-key",
        "An OpenPGP key that has expired",
        _import("expired-key"),
        shown=("directory", "import", "expired-key.yaml", "--yes"),
    ),
    Case(
        "key-cannot-encrypt",
        "An OpenPGP key to which nobody can encrypt",
        _import("key-cannot-encrypt"),
        shown=("directory", "import", "key-cannot-encrypt.yaml", "--yes"),
    ),
    Case("no-gpg", "GnuPG is not installed", _with_config("check"), _no_gpg, ("check",)),
    Case("homeserver-down", "The homeserver does not answer", _with_config("run"), _nobody_listens, ("run",)),
    Case(
        "homeserver-down-check",
        "The homeserver does not answer, as `enlace check` shows it",
        _with_config("check"),
        _nobody_listens,
        ("check",),
    ),
    Case(
        "wrong-password",
        "The password of the bot's account is wrong: nothing is left half done",
        _init,
        lambda _: {"ENLACE_MATRIX_PASSWORD": "not the password"},
        ("init", "…"),
    ),
    Case(
        "wrong-passphrase",
        "The vault's passphrase is wrong",
        _with_config("run"),
        lambda _: {"ENLACE_VAULT__PASSPHRASE": "not the passphrase"},
        ("run",),
    ),
)


def said(case: Case, language: str, world: World) -> str:
    """The golden text: the command, what it said on both streams, and its exit code."""
    environment = {
        **{name: value for name, value in world.environment().items() if not name.startswith(("LC_", "LANG"))},
        "LANG": LANGUAGES[language],
        "PYTHONPATH": str(HERE.parents[1]),
        **case.environment(world),
    }
    done = world.command(case.arguments(world), environment, FILES)
    lines = [f"$ enlace {' '.join(case.shown)}"]
    for stream, text in (("stdout", done.stdout), ("stderr", done.stderr)):
        if text:
            lines.append(f"[{stream}]\n{settled(text, world, environment).rstrip()}")
    return "\n".join([*lines, f"[exit code {done.returncode}]", ""])


def settled(text: str, world: World, environment: Mapping[str, str]) -> str:
    """What differs from run to run, replaced by words: folders, addresses, the accounts' suffix, times."""
    away = environment.get("ENLACE_MATRIX__HOMESERVER", world.homeserver.url)
    for found, word in (
        (str(world.folder), "/srv/enlace"),
        (str(FILES), "/srv/enlace"),
        (str(HERE.parents[1]), "/opt/enlace"),
        (tempfile.gettempdir() + os.sep, "/tmp/"),
        (away, "https://matrix.example.org"),
        (world.homeserver.url, "https://matrix.example.org"),
        (world.bot, "@enlace:example.org"),
    ):
        text = text.replace(found, word)
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z", "2026-11-23T00:00:00Z", text)


def golden(case: Case, language: str) -> Path:
    """Where the text is kept."""
    return HERE / f"{case.name}.{language}.txt"
