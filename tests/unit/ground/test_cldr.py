"""Babel says the same with what enlace keeps of the CLDR as with all of it."""

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]

SAYING = """
import json, sys, zoneinfo
from datetime import UTC, datetime, timedelta
if "little" in sys.argv:
    from bot.i18n.catalogue import say
    [say(language, "cli-running", user="@enlace:cert.mx") for language in ("en", "es")]
from babel import Locale, UnknownLocaleError, localedata
from babel.core import get_global
from babel.dates import format_date, format_datetime, format_time, format_timedelta, get_timezone_location, get_timezone_name
from babel.numbers import format_decimal
from babel.units import format_unit

def name(tag, language):
    try:
        return Locale.parse(tag.replace("-", "_")).get_display_name(language)
    except (UnknownLocaleError, ValueError) as error:
        return type(error).__name__

tags = [*localedata.locale_identifiers(), *get_global("language_aliases"), "zh-TW", "zh-MO", "sr-ME", "in", "quc", "xx", "und"]
zones = sorted(zoneinfo.available_timezones() - {"Factory", "localtime"})
at = datetime(2026, 11, 5, 16, 7, tzinfo=UTC)
said = {}
for language in ("en", "es", "pt", "zh_Hant"):
    said[language] = {
        "names": {tag: name(tag, language) for tag in tags},
        "tongues": dict(Locale.parse(language).languages),
        "countries": dict(localedata.load(language)["territories"]),
        "places": {zone: get_timezone_location(zone, locale=language, return_city=True) for zone in zones},
        "zones": {zone: get_timezone_name(zone, locale=language) for zone in zones},
        "dates": [
            format_datetime(at.replace(month=month, day=month), "EEE d MMM HH:mm", locale=language) for month in range(1, 13)
        ],
        "forms": [form(at, format=size, locale=language) for size in ("short", "medium", "long", "full")
                  for form in (format_date, format_time, format_datetime)],
        "lengths": [format_unit(number, f"duration-{unit}", locale=language) for number in (1, 2, 5)
                    for unit in ("minute", "hour", "day", "week", "month", "year")],
        "times": [format_timedelta(timedelta(seconds=seconds), threshold=1.5, locale=language)
                  for seconds in (0, 1, 50, 100, 4000, 9000, 100_000, 900_000, 9_000_000, 90_000_000)],
        "numbers": [format_decimal(number, locale=language) for number in (0, 3, 12345.6)],
        "plural": [Locale.parse(language).plural_form(number) for number in (0, 1, 2, 1000000)],
    }
kept = sum(len(get_global(name)) for name in ("likely_subtags", "territory_languages", "territory_currencies"))
print(json.dumps({"said": said, "kept": kept, "units": len(localedata.load("en")["unit_patterns"])}))
"""


def saying(*what: str) -> dict[str, Any]:
    command = [sys.executable, "-c", SAYING, *what]
    done = subprocess.run(command, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_what_is_kept_says_the_same() -> None:
    whole, little = saying(), saying("little")
    assert little["said"] == whole["said"]
    assert little["kept"] < 1000 < whole["kept"]
    assert little["units"] < 20 < whole["units"]


def test_nothing_else_is_asked_of_babel() -> None:
    asked = set()
    for package in ("bot", "handlers", "keys"):
        for file in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.ImportFrom) and (node.module or "").partition(".")[0] == "babel":
                    asked |= {f"{node.module} {alias.name}" for alias in node.names}
    said = {
        f"{node.module} {alias.name}"
        for node in ast.walk(ast.parse(SAYING))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert asked <= said, "what is kept of the CLDR was not tried with these"
