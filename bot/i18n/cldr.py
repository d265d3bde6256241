"""The CLDR, as Babel has it: what enlace says of it (names, dates, numbers, lengths of time), without all the rest."""

from collections.abc import MutableMapping
from functools import cache
from typing import Any, cast

from babel import localedata
from babel.core import get_global

_NEVER_SAID = (
    "compact_currency_formats", "compact_decimal_formats", "compound_unit_patterns", "currency_names",
    "currency_names_plural", "datetime_skeletons", "interval_formats", "unit_display_names",
)  # fmt: skip
_NEVER_ASKED = (
    "all_currencies",
    "currency_fractions",
    "territory_currencies",
    "territory_languages",
    "windows_zone_mapping",
)


def forget_the_rest(language: str) -> None:
    """Give back what Babel has read for this language and nobody here asks for: 3 MiB of two languages."""
    _forget_of_all()
    for name in ("root", language) if localedata.exists(language) else ("root",):
        data = localedata.load(name)
        for kind in _NEVER_SAID:
            data.pop(kind, None)
        lengths = data["unit_patterns"]
        data["unit_patterns"] = {unit: lengths[unit] for unit in lengths if unit.startswith("duration-")}


def country_names(language: str) -> dict[str, str]:
    """By code; what else is read for them is given back: of a dozen languages it would be 9 MiB."""
    _forget_of_all()
    kept = localedata._cache  # noqa: SLF001  (Babel gives nothing back)
    before = frozenset(kept)
    names = dict(localedata.load(language)["territories"])
    for locale in kept.keys() - before:
        kept.pop(locale, None)
    return names


@cache
def _forget_of_all() -> None:
    """What is kept for no language in particular; also where Babel would look for what a language is written in, of
    the thousands that it does not know in the end."""
    for name in _NEVER_ASKED:
        _read(name).clear()
    likely, known = _read("likely_subtags"), {name.partition("_")[0] for name in localedata.locale_identifiers()}
    kept = {tag: full for tag, full in likely.items() if full.partition("_")[0] in known}
    likely.clear()
    likely.update(kept)


def _read(name: Any) -> MutableMapping[str, Any]:
    return cast("MutableMapping[str, Any]", get_global(name))  # the dictionary itself, as Babel keeps it
