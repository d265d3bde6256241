"""The CLDR, as Babel has it: what enlace says of it (names, dates, numbers, lengths of time), without all the rest."""

from collections.abc import Iterable, MutableMapping
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


def forget_the_rest(languages: Iterable[str]) -> None:
    """Give back what Babel read for these languages and nobody here asks for: 3 MiB.

    Also where it would look for what a language is written in, of the thousands that it does not know in the end."""
    for name in _NEVER_ASKED:
        _read(name).clear()
    likely, known = _read("likely_subtags"), {name.partition("_")[0] for name in localedata.locale_identifiers()}
    kept = {tag: full for tag, full in likely.items() if full.partition("_")[0] in known}
    likely.clear()
    likely.update(kept)
    for language in ("root", *filter(localedata.exists, languages)):
        data = localedata.load(language)
        for name in _NEVER_SAID:
            data.pop(name, None)
        lengths = data["unit_patterns"]
        data["unit_patterns"] = {unit: lengths[unit] for unit in lengths if unit.startswith("duration-")}


def _read(name: Any) -> MutableMapping[str, Any]:
    return cast("MutableMapping[str, Any]", get_global(name))  # the dictionary itself, as Babel keeps it
