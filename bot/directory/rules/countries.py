"""Countries as people name them: ISO 3166-1 codes, UN M.49 numbers, top-level domains, flags and names.

Names come from the CLDR (the six official languages of the United Nations, and Portuguese) and from ISO 3166 with its
translations; the tables below add what neither has.  A name that several countries answer to gives all of them: never
guess.  What is shown is what the United Nations say (:mod:`bot.directory.rules.states`).
"""

import re
from collections.abc import Callable, Iterable
from functools import cache
from gettext import GNUTranslations
from pathlib import Path

import pycountry

from bot.directory.rules.likeness import within
from bot.directory.rules.naming import fold, typos_allowed
from bot.directory.rules.states import ALIASES, ELSEWHERE, UN_NAMES, UNNAMED
from bot.i18n.cldr import country_names

LANGUAGES = ("en", "es", "fr", "pt", "ar", "ru", "zh")
_SPOKEN = (*LANGUAGES, "es_419", "fr_CA", "pt_PT", "zh_Hant", "zh_Hant_HK")
"""The same with what they are called elsewhere, by the CLDR's locales."""
_TRANSLATED = ("es", "fr", "pt", "pt_BR", "ar", "ru", "zh_CN", "zh_HK", "zh_TW")
"""The translations of ISO 3166's names."""
_MISTAKEN = {"AF": {"República Islâmica do Paquistão"}}
"""What one of them says by mistake."""
NOT_STATES = frozenset({"EU", "XK"})
"""Codes outside the list of States: the European Union (exceptionally reserved) and Kosovo (user-assigned)."""

RESERVED = {"UK": "GB", "EL": "GR", "EU": "EU", "XK": "XK"}
"""Codes in use that ISO 3166-1 reserves or does not have, and the code that they stand for."""

SHORT = {
    "UAE": "AE", "EAU": "AE", "DRC": "CD", "RDC": "CD", "RCA": "CF", "CAR": "CF", "DPRK": "KP", "RPDC": "KP",
    "ROK": "KR", "PRC": "CN", "RPC": "CN", "KSA": "SA", "EEUU": "US", "EUA": "US", "RSA": "ZA", "XKX": "XK",
}  # fmt: skip
"""Abbreviations; like codes they count only in capitals where a word could be meant."""

CONFUSED: dict[str, tuple[str, ...]] = {
    "DM": ("DM", "DO"), "GN": ("GN", "GQ", "GW", "PG"), "NE": ("NE", "NG"), "SD": ("SD", "SS"), "WS": ("AS", "WS"),
    "MF": ("MF", "SX"),
}  # fmt: skip
"""Countries whose name, in every language, may be meant for others."""

AMBIGUOUS: dict[tuple[str, ...], tuple[str, ...]] = {
    ("CD", "CG"): ("Congo", "Конго", "الكونغو", "刚果", "剛果"),
    ("KP", "KR"): ("Korea", "Corea", "Corée", "Coreia", "Корея", "كوريا", "朝鲜半岛", "朝鮮半島", "高丽"),
    ("VG", "VI"): ("Virgin Islands", "Islas Vírgenes", "Îles Vierges", "Ilhas Virgens", "Виргинские острова",
                   "جزر فيرجن", "维尔京群岛"),
}  # fmt: skip
"""Names that more than one country answers to.  They and the names of :data:`CONFUSED` overrule every other table."""

_FLAG = re.compile("([\U0001f1e6-\U0001f1ff])([\U0001f1e6-\U0001f1ff])\ufe0f?")
_TLD = re.compile(r"\.([A-Za-z]{2})")
_WORD_CODE = re.compile(r"[A-Za-z]{2,4}")
_ARABIC_ARTICLE = re.compile(r"(?<!\w)ال(?=\w{3})|(?<=(?<!\w)و)ال(?=\w{3})")
_ARTICLE = re.compile(r"\A(?:the|el|la|los|las|le|les|l|o|a|os|as) ")
_A = 0x1F1E6


@cache
def _iso() -> dict[str, str]:
    """Every code in capitals, alpha-2 and alpha-3, reserved ones and abbreviations too, and what it stands for."""
    codes = {}
    for country in pycountry.countries:
        codes[country.alpha_2] = codes[country.alpha_3] = country.alpha_2
    return codes | RESERVED | SHORT


@cache
def _numbers() -> dict[str, str]:
    """UN M.49 numbers (the numeric codes of ISO 3166-1), three digits."""
    return {country.numeric: country.alpha_2 for country in pycountry.countries}


@cache
def _territories(language: str) -> dict[str, str]:
    return country_names(language)


def _translated(language: str) -> Callable[[str], str]:
    """A translation of ISO 3166; :func:`gettext.translation` would keep them all."""
    with (Path(pycountry.LOCALES_DIR) / language / "LC_MESSAGES" / "iso3166-1.mo").open("rb") as file:
        return GNUTranslations(file).gettext


@cache
def _together(codes: frozenset[str]) -> frozenset[str]:
    """The same set: one for all names of the same countries."""
    return codes


@cache
def known() -> frozenset[str]:
    """Every country code that an entry may have."""
    return frozenset(_iso().values())


@cache
def _spelled() -> dict[str, frozenset[str]]:
    """Every name exactly as it is written, and the countries of that name."""
    names: dict[str, frozenset[str]] = {}

    def add(name: str, code: str) -> None:
        names[name] = _together(names.get(name, frozenset()) | {code})

    for code in known():
        for language in _SPOKEN:
            if name := _territories(language).get(code):
                add(name, code)
        for name in (
            *ALIASES.get(code, ()),
            *ELSEWHERE.get(code, ()),
            *(named[code] for named in UN_NAMES.values() if code in named),
        ):
            add(name, code)
    spoken = [_translated(language) for language in _TRANSLATED]
    for country in pycountry.countries:
        for attribute in ("name", "official_name", "common_name"):
            if name := getattr(country, attribute, None):
                for called in {name, *(say(name) for say in spoken)} - _MISTAKEN.get(country.alpha_2, set()):
                    add(called, country.alpha_2)
    return names


@cache
def _listed() -> dict[str, frozenset[str]]:
    """Every folded name, with the usual ways of writing it, and the countries of that name."""
    names: dict[str, frozenset[str]] = {}
    for name, codes in _spelled().items():
        for variant in _variants(fold(name)):
            names[variant] = _together(names.get(variant, frozenset()) | codes)
    return names


@cache
def _folded() -> dict[str, frozenset[str]]:
    """The same where several are meant by what is one's name."""
    several = [(name, group) for group, written in AMBIGUOUS.items() for name in written]
    several += [(_territories(language)[code], group) for code, group in CONFUSED.items() for language in LANGUAGES]
    return _listed() | {
        variant: _together(frozenset(group)) for name, group in several for variant in _variants(fold(name))
    }


@cache
def _without_articles() -> dict[str, frozenset[str]]:
    names: dict[str, frozenset[str]] = {}
    for name, codes in _folded().items():
        bare = _bare(name)
        names[bare] = _together(names.get(bare, frozenset()) | codes)
    return names


def _variants(folded: str) -> Iterable[str]:
    yield folded
    for long, short in ((" and ", " "), (" y ", " "), (" et ", " "), (" e ", " ")):
        if long in folded:
            yield folded.replace(long, short)
    for long, short in (("saint ", "st "), ("sainte ", "ste "), ("st ", "saint ")):
        if folded.startswith(long):
            yield folded.replace(long, short, 1)


def _bare(folded: str) -> str:
    """Without articles: that of Arabic at each word (``المكسيك``, ``مكسيك``), others at the beginning."""
    text = _ARABIC_ARTICLE.sub("", folded)
    return _ARTICLE.sub("", text) or text


def by_code(text: str) -> str | None:
    """The country of an ISO 3166-1 alpha-2 or alpha-3 code, a reserved code or an abbreviation, in any case."""
    return _iso().get(text.upper())


def lookup(text: str, *, leaving: bool = False) -> tuple[str, ...]:  # noqa: PLR0911  (one clause per way to write it)
    """The countries that this names: none, one, or several where the name does not tell; sorted.

    Codes, numbers, top-level domains, flags, and names in any language, whatever their case and accents.  With
    ``leaving`` (the command sends something out of the room) a word of two to four letters that is a code counts
    only in capitals, as *no*, *es* or *per* are words, a number never counts, and articles do."""
    text = text.strip()
    if flag := _FLAG.fullmatch(text):
        found = by_code("".join(chr(ord("A") + ord(letter) - _A) for letter in flag.groups()))
        return (found,) if found else ()
    if domain := _TLD.fullmatch(text):
        found = by_code(domain[1])
        return (found,) if found else ()
    if text.isdecimal() and text.isascii():
        number = None if leaving else _numbers().get(text)
        return (number,) if number else ()
    if _WORD_CODE.fullmatch(text) and (found := by_code(text)):
        if not leaving or text.isupper():
            return (found,)
        if text not in _spelled():
            return ()
    folded = fold(text)
    if leaving and len(folded) <= 3 and text not in _spelled() and not text.isupper() and folded.isascii():
        return ()
    codes = _folded().get(folded) or _folded().get(folded.removeprefix("the "))
    if codes is None and not leaving:
        codes = _without_articles().get(_bare(folded))
    return tuple(sorted(codes or ()))


def written(text: str) -> tuple[str, ...]:
    """As :func:`lookup`, for what a program wrote and nobody typed: a name that is one country's means that one."""
    found = lookup(text)
    return found if len(found) == 1 else tuple(sorted(_listed().get(fold(text), found)))


def near(text: str, limit: int = 5) -> tuple[str, ...]:
    """Countries whose name is nearly this, the nearest first: for suggestions, never for sending."""
    folded = fold(text)
    allowed = typos_allowed(len(folded))
    if not allowed:
        return ()
    found: dict[str, float] = {}
    for spelled, distance in within(allowed, folded, list(_folded())):
        for code in _folded()[spelled]:
            found[code] = min(distance, found.get(code, distance))
    return tuple(sorted(found, key=lambda code: (found[code], code))[:limit])


def name(code: str, language: str) -> str:
    """The country's name in this language, else in English, as the United Nations write it; where they have none,
    the code (docs/adr/0007)."""
    if code in UNNAMED:
        return code
    short = language.split("-", maxsplit=1)[0]
    for spoken in (short if short in LANGUAGES else "en", "en"):
        if found := UN_NAMES.get(spoken, {}).get(code) or _territories(spoken).get(code):
            return found
    return code


def flag(code: str) -> str:
    """The flag, as two regional indicator symbols."""
    return "".join(chr(_A + ord(letter) - ord("A")) for letter in code)
