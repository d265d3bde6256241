"""Commands are found by entry points: allowed ones only, and whatever is wrong stops the start.

The packages here are real ones on ``sys.path``, with the metadata that an installer writes."""

import shutil
import sys
from pathlib import Path

import pytest

from bot.commands import registry as module
from bot.commands.call import Access, Answer, Call, Command
from bot.commands.registry import (
    CommandBroken,
    CommandMissing,
    CommandNotListed,
    CommandNotOffered,
    CommandsWrong,
    CommandTwice,
    CommandWithoutWords,
    Registry,
    WordsClash,
)
from bot.i18n.catalogue import LOCALE, Catalogue

GOOD = """
from bot.commands.call import Access, Command
async def run(call, unit, services): ...
COMMAND = Command(name="{name}", access=Access.ANYONE, run=run)
"""


@pytest.fixture(autouse=True)
def _nothing_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "REQUIRED", {})


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Install a package of this name that offers these entry points, backed by this source."""

    def do(package: str, points: dict[str, str], source: str) -> None:
        site = tmp_path / package
        info = site / f"{package}-1.2.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.2\n")
        lines = [f"{name} = {value}" for name, value in points.items()]
        (info / "entry_points.txt").write_text("\n".join(["[enlace.commands]", *lines, ""]))
        (site / f"{package}.py").write_text(source)
        monkeypatch.syspath_prepend(str(site))
        monkeypatch.delitem(sys.modules, package, raising=False)

    return do


@pytest.fixture
def texts(tmp_path: Path):
    """The shipped texts and, in every language, these command texts beside them."""

    def do(**words: str) -> Catalogue:
        root = tmp_path / "locale"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(LOCALE, root)
        for folder in root.iterdir():
            (folder / "third.ftl").write_text(
                "".join(
                    f"command-{n} = S\n    .words = {w}\n    .usage = U\n    .example = E\n" for n, w in words.items()
                )
            )
        return Catalogue(root)

    return do


def test_an_allowed_command_of_another_package(install, texts) -> None:
    install("third_one", {"sightings": "third_one:COMMAND"}, GOOD.format(name="sightings"))
    registry = Registry.load(["status", "sightings"], texts(sightings="sightings avistó"))
    assert [c.name for c in registry.commands()] == ["status", "sightings"]
    assert registry.command("sightings").access is Access.ANYONE
    assert registry.versions()["sightings"] == "third_one 1.2"
    assert registry.versions()["status"].startswith("enlace ")
    words = registry.words()
    assert words["avisto"].name == "sightings"
    assert set(words["avisto"].languages) == set(texts(sightings="x").languages)
    assert words["status"].languages == ("en",)
    assert words["estado"].languages == ("es",)
    assert registry.word("status", "es") == "estado"


def test_what_is_not_allowed_is_not_even_imported(install, texts) -> None:
    install("third_two", {"evil": "third_two:COMMAND"}, "raise SystemExit('ran')")
    registry = Registry.load(["status"], texts())
    assert "third_two" not in sys.modules
    with pytest.raises(CommandNotOffered):
        registry.command("evil")


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('no network')", "no network"),
        ("import nothing_of_that_name", "nothing_of_that_name"),
        ("", "COMMAND"),
        ("COMMAND = print", "is no Command"),
        (GOOD.format(name="other"), "it calls itself other"),
    ],
)
def test_a_broken_command_stops_the_start(install, texts, source: str, reason: str) -> None:
    install("third_three", {"broken": "third_three:COMMAND"}, source)
    with pytest.raises(CommandBroken, match=reason):
        Registry.load(["status", "broken"], texts(broken="broken"))


def test_a_command_that_nobody_offers(texts) -> None:
    with pytest.raises(CommandMissing, match="sightings"):
        Registry.load(["sightings"], texts())


def test_a_command_that_two_offer_is_not_guessed(install, texts) -> None:
    install("third_four", {"status": "third_four:COMMAND"}, GOOD.format(name="status"))
    with pytest.raises(CommandTwice, match="enlace, third_four"):
        Registry.load(["status"], texts())


def test_the_same_word_for_two_commands(install, texts) -> None:
    install("third_five", {"sightings": "third_five:COMMAND"}, GOOD.format(name="sightings"))
    with pytest.raises(WordsClash, match=r"(?i)estad"):
        Registry.load(["status", "sightings"], texts(sightings="ESTADÓ"))


def test_a_command_without_words(install, texts) -> None:
    install("third_six", {"sightings": "third_six:COMMAND"}, GOOD.format(name="sightings"))
    with pytest.raises(CommandWithoutWords, match="sightings"):
        Registry.load(["sightings"], texts())


@pytest.mark.parametrize(
    ("allowed", "lacks"),
    [(["status"], "help"), (["help", "trust"], "verify"), (["help", "trust", "verify", "escalate", "ack"], "decline")],
)
def test_what_enlace_cannot_do_without(monkeypatch: pytest.MonkeyPatch, allowed: list[str], lacks: str) -> None:
    monkeypatch.undo()
    with pytest.raises(CommandNotListed, match=lacks):
        Registry.load(allowed)


def test_everything_that_is_wrong_with_commands_is_one_kind_of_error() -> None:
    for kind in (CommandBroken, CommandMissing, CommandNotListed, CommandTwice, CommandWithoutWords, WordsClash):
        assert issubclass(kind, CommandsWrong)


def test_the_same_name_twice() -> None:
    async def run(call: Call, unit: object, services: object) -> Answer:
        raise AssertionError

    command = Command(name="status", access=Access.ANYONE, run=run)
    with pytest.raises(CommandTwice):
        Registry([command, command])
