"""Handles for teams that a foreign list knows by name only: the same ones every time."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from bot.directory.rules import countries
from bot.directory.rules.naming import is_handle
from bot.ids import Handle


def make_handles(teams: Sequence[tuple[str, str | None]]) -> list[Handle]:
    """One handle for each (name, country), all different whatever their case.

    Who bears a handle as their name keeps it, whatever is made up for others."""
    wanted = [_handle(name, country) for name, country in teams]
    often = Counter(wish.casefold() for wish in wanted)
    pairs = list(zip(teams, wanted, strict=True))
    taken = {wish.casefold() for (name, _), wish in pairs if wish == name and often[wish.casefold()] == 1}
    made: list[Handle] = []
    for (name, country), wish in pairs:
        handle = wish
        if often[wish.casefold()] > 1 or (wish != name and wish.casefold() in taken):
            base = f"{wish}-{country}" if country else wish
            handle, number = base, 1
            while handle.casefold() in taken:
                number += 1
                handle = f"{base}-{number}"
        taken.add(handle.casefold())
        made.append(Handle(handle))
    return made


def _handle(name: str, country: str | None) -> str:
    """A handle from a team's name: ASCII, no spaces, and no country's code; a name that can be one is kept."""
    if is_handle(name) and not countries.by_code(name):
        return name
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    handle = re.sub(r"[^A-Za-z0-9._]+", "-", plain).strip("-._")[:50] or f"CSIRT-{country or 'X'}"
    return f"CERT-{handle}" if countries.by_code(handle) else handle
