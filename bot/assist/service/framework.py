"""The framework as it ships: its services, and the words that they are known by in every language."""

import json
from functools import cache
from importlib.resources import files

from bot.assist.model import Service
from bot.assist.rules.terms import Lexicon
from bot.i18n.catalogue import catalogue, say
from bot.i18n.rich import Rich


@cache
def framework() -> tuple[Service, ...]:
    """FIRST CSIRT Services Framework 2.1, in its order."""
    document = json.loads((files("bot.assist") / "framework" / "services.json").read_bytes())
    return tuple(
        Service(one["number"], one["name"], tuple(function["name"] for function in one["functions"]))
        for one in document["services"]
    )


@cache
def lexicon() -> Lexicon:
    """What people may call them."""
    names = {service.number: [service.name, *_words(service.number)] for service in framework()}
    return Lexicon(names, {service.number: service.functions for service in framework()})


def service_name(language: str, number: str) -> Rich:
    """``6.3 Artifact and forensic evidence analysis``."""
    name = say(language, _key(number))
    return Rich(f"{number} ", f"{number} ") + name


def area_name(language: str, area: str) -> Rich:
    """The name of a service area, by the number of its section."""
    return say(language, f"assist-area-{area}")


def _words(number: str) -> list[str]:
    """Its name, and other words for the same, in every language."""
    found: list[str] = []
    for language in catalogue().languages:
        found.append(say(language, _key(number)).plain)
        found += say(language, f"{_key(number)}.also").plain.split(",")
    return found


def _key(number: str) -> str:
    return f"assist-service-{number.replace('.', '-')}"
