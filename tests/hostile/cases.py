"""The named attacks: what ``cases.yaml`` says of each, and the function that carries it out."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

FILE = Path(__file__).parent / "cases.yaml"
Attack = Callable[[Any], Awaitable[str]]
"""Tries it on a bot; what the attacker got, "" for nothing."""
_attacks: dict[str, Attack] = {}


@dataclass(frozen=True, slots=True)
class Case:
    """One entry of the file."""

    name: str
    threat: str
    """A row of docs/threat-model.md."""
    does: str
    """What the server, a member or a stranger does."""
    plain: str
    """What matrix-nio lets happen."""
    enlace: str
    """What enlace does instead."""
    seen: Mapping[str, Any] = field(default_factory=dict)
    """Where enlace shows that it noticed: ``log``, ``audit``, ``room``, ``person``, ``told``; or ``nothing`` and why."""


def attack(name: str) -> Callable[[Attack], Attack]:
    """This function carries out the case of this name."""

    def register(function: Attack) -> Attack:
        _attacks[name] = function
        return function

    return register


def carried_out(name: str) -> Attack:
    """The function of a case."""
    return _attacks[name]


def names() -> set[str]:
    """Every attack that can be carried out."""
    return set(_attacks)


def load(*modules: ModuleType) -> list[Case]:
    """All cases, in the order of the file; or those that these modules carry out."""
    found = [Case(**entry) for entry in yaml.safe_load(FILE.read_text(encoding="utf-8"))]
    names = {name for name, function in _attacks.items() if function.__module__ in {m.__name__ for m in modules}}
    return [case for case in found if case.name in names or not modules]
