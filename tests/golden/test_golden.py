"""Every mishap says exactly what its golden text says; ``python -m tests.golden.renew`` renews them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.demo.synapse import Synapse
from bot.demo.world import World
from tests.golden.cases import CASES, HERE, LANGUAGES, TEAM, Case, golden, said
from tests.golden.renew import PAGE, page

TEXTS = sorted(HERE.glob("*.txt"))


@pytest.fixture(scope="module")
async def world(homeserver: Synapse) -> AsyncIterator[World]:
    async with World([TEAM], homeserver=homeserver) as made:
        yield made


@pytest.mark.homeserver
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
async def test_what_is_said(case: Case, language: str, world: World) -> None:
    before = there(world)
    text = await asyncio.to_thread(said, case, language, world)
    assert text == golden(case, language).read_text(encoding="utf-8")
    assert there(world) - before == set(), "something was left behind"


def there(world: World) -> set[Path]:
    """What lies in the deployment's folder, but for gpg's own files, the run's lock, and what the cases made first."""
    return {p for p in world.folder.rglob("*") if "openpgp" not in p.parts and p.name not in {"lock", "empty"}}


async def test_a_bad_file_changes_nothing_in_the_directory(world: World) -> None:
    await asyncio.to_thread(said, next(case for case in CASES if case.name == "bad-directory"), "en", world)
    found = await asyncio.to_thread(world.enlace, "directory", "find", "CERT-CL", check=False)
    assert "CERT-CL" not in found.stdout


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_no_text_has_a_traceback_or_an_unfilled_place(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for wrong in ("Traceback", 'File "', "{", "Error:", "Exception", "None"):
        assert wrong not in text


def test_there_is_a_text_for_every_case_and_no_other() -> None:
    assert sorted(golden(case, language) for case in CASES for language in LANGUAGES) == TEXTS


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_languages_agree_on_how_it_ended(case: Case) -> None:
    ends = {golden(case, language).read_text(encoding="utf-8").splitlines()[-1] for language in LANGUAGES}
    assert len(ends) == 1
    assert ends < {"[exit code 1]", "[exit code 2]"}


def test_the_page_of_errors_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.golden.renew"
