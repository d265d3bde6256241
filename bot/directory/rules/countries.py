"""Countries as people name them: ISO 3166-1 codes, UN M.49 numbers, top-level domains, flags and names.

Names come from the CLDR (the six official languages of the United Nations, and Portuguese) and from ISO 3166;
the tables below add what neither has.  A name that several countries answer to gives all of them: never guess.
"""

import re
from collections.abc import Iterable
from functools import cache

import pycountry
from babel import Locale
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.directory.rules.naming import fold, typos_allowed

LANGUAGES = ("en", "es", "fr", "pt", "ar", "ru", "zh")
NOT_STATES = frozenset({"EU", "XK"})
"""Codes outside the list of States: the European Union (exceptionally reserved) and Kosovo (user-assigned)."""

RESERVED = {"UK": "GB", "EL": "GR", "EU": "EU", "XK": "XK"}
"""Codes in use that ISO 3166-1 reserves or does not have, and the code that they stand for."""

SHORT = {
    "UAE": "AE", "EAU": "AE", "DRC": "CD", "RDC": "CD", "RCA": "CF", "CAR": "CF", "DPRK": "KP", "RPDC": "KP",
    "ROK": "KR", "PRC": "CN", "RPC": "CN", "KSA": "SA", "EEUU": "US", "EUA": "US", "RSA": "ZA", "XKX": "XK",
}  # fmt: skip
"""Abbreviations; like codes they count only in capitals where a word could be meant."""

ALIASES = {
    "AE": ("Emirates", "Emiratos", "Émirats", "Emirados"),
    "BA": ("Bosnia", "Bosnie", "Bósnia"),
    "BO": ("Bolivia",),
    "BY": ("Byelorussia", "Bielorrusia", "Biélorussie", "Bielorrússia"),
    "CD": ("Zaire", "Zaïre", "Congo-Kinshasa", "Congo Kinshasa", "Democratic Republic of the Congo",
           "República Democrática del Congo", "République démocratique du Congo", "República Democrática do Congo"),
    "CG": ("Congo-Brazzaville", "Congo Brazzaville", "Republic of the Congo", "República del Congo",
           "République du Congo"),
    "CI": ("Ivory Coast", "Costa de Marfil", "Costa do Marfim"),
    "CN": ("People's Republic of China", "República Popular China", "Mainland China"),
    "CV": ("Cape Verde", "Cabo Verde", "Cap-Vert"),
    "CZ": ("Czech Republic", "República Checa", "République tchèque", "República Tcheca", "Chequia"),
    "DO": ("Dominicana", "Dominican Republic", "República Dominicana"),
    "FM": ("Micronesia",),
    "GB": ("Great Britain", "Gran Bretaña", "Grande-Bretagne", "Grã-Bretanha", "Britain"),
    "IR": ("Persia", "Islamic Republic of Iran"),
    "KP": ("North Korea", "Corea del Norte", "Corée du Nord"),
    "KR": ("South Korea", "Corea del Sur", "Corée du Sud", "República de Corea"),
    "LA": ("Laos",),
    "LK": ("Ceylon", "Ceilán"),
    "MD": ("Moldova", "Moldavia", "Moldavie", "Moldávia"),
    "MK": ("Macedonia", "Macédoine", "Macedônia"),
    "MM": ("Burma", "Birmania", "Birmanie", "Birmânia"),
    "NL": ("Holland", "Holanda", "Hollande"),
    "PS": ("Palestine", "Palestina", "State of Palestine", "Estado de Palestina"),
    "RU": ("Russian Federation", "Federación de Rusia", "Federación Rusa", "Fédération de Russie"),
    "SZ": ("Swaziland", "Suazilandia", "Swazilandia", "Suazilândia"),
    "TL": ("East Timor", "Timor Oriental", "Timor"),
    "TR": ("Turkey", "Turquía", "Turquie", "Turquia"),
    "TT": ("Trinidad", "Trinité-et-Tobago"),
    "TZ": ("Tanzania", "Tanzanie"),
    "US": ("United States", "United States of America", "Estados Unidos", "Estados Unidos de América", "États-Unis",
           "États-Unis d'Amérique", "Estados Unidos da América", "EE. UU.", "EE.UU.", "U.S.", "U.S.A."),
    "VA": ("Vatican", "Vaticano", "Holy See", "Santa Sede", "Saint-Siège"),
    "VE": ("Venezuela", "República Bolivariana de Venezuela"),
    "VN": ("Viet Nam", "Vietnam"),
    "EU": ("European Union", "Unión Europea", "Union européenne", "União Europeia"),
}  # fmt: skip
"""Former, short and official names that people type; a name may stand at several countries."""

AMBIGUOUS = {
    "congo": ("CD", "CG"),
    "korea": ("KP", "KR"), "corea": ("KP", "KR"), "coree": ("KP", "KR"), "coreia": ("KP", "KR"),
    "корея": ("KP", "KR"), "كوريا": ("KP", "KR"), "朝鲜半岛": ("KP", "KR"),
    "guinea": ("GN", "GQ", "GW", "PG"), "guinee": ("GN", "GQ", "GW", "PG"), "guine": ("GN", "GQ", "GW", "PG"),
    "гвинея": ("GN", "GQ", "GW", "PG"), "غينيا": ("GN", "GQ", "GW", "PG"), "几内亚": ("GN", "GQ", "GW", "PG"),
    "niger": ("NE", "NG"), "нигер": ("NE", "NG"),
    "dominica": ("DM", "DO"), "dominique": ("DM", "DO"), "доминика": ("DM", "DO"),
    "конго": ("CD", "CG"), "الكونغو": ("CD", "CG"), "刚果": ("CD", "CG"),
    "samoa": ("AS", "WS"), "sudan": ("SD", "SS"), "soudan": ("SD", "SS"), "sudao": ("SD", "SS"),
    "virgin islands": ("VG", "VI"), "islas virgenes": ("VG", "VI"), "iles vierges": ("VG", "VI"),
    "ilhas virgens": ("VG", "VI"),
    "saint martin": ("MF", "SX"), "san martin": ("MF", "SX"), "sint maarten": ("SX",),
}  # fmt: skip
"""Names that more than one country answers to, folded; they overrule every other table."""

_FLAG = re.compile("([\U0001f1e6-\U0001f1ff])([\U0001f1e6-\U0001f1ff])\ufe0f?")
_TLD = re.compile(r"\.([A-Za-z]{2})")
_WORD_CODE = re.compile(r"[A-Za-z]{2,4}")
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
    return dict(Locale.parse(language).territories)


@cache
def known() -> frozenset[str]:
    """Every country code that an entry may have."""
    return frozenset(_iso().values())


@cache
def _spelled() -> dict[str, frozenset[str]]:
    """Every name exactly as it is written, and the countries of that name."""
    names: dict[str, set[str]] = {}
    for code in known():
        for language in LANGUAGES:
            if name := _territories(language).get(code):
                names.setdefault(name, set()).add(code)
        for alias in ALIASES.get(code, ()):
            names.setdefault(alias, set()).add(code)
    for country in pycountry.countries:
        for attribute in ("name", "official_name", "common_name"):
            if name := getattr(country, attribute, None):
                names.setdefault(name, set()).add(country.alpha_2)
    return {name: frozenset(codes) for name, codes in names.items()}


@cache
def _folded() -> dict[str, frozenset[str]]:
    """Every folded name, with the usual ways of writing it, and the countries of that name."""
    names: dict[str, set[str]] = {}
    for name, codes in _spelled().items():
        for variant in _variants(fold(name)):
            names.setdefault(variant, set()).update(codes)
    return {name: frozenset(codes) for name, codes in names.items()} | {
        name: frozenset(codes) for name, codes in AMBIGUOUS.items()
    }


def _variants(folded: str) -> Iterable[str]:
    yield folded
    for long, short in ((" and ", " "), (" y ", " "), (" et ", " "), (" e ", " ")):
        if long in folded:
            yield folded.replace(long, short)
    for long, short in (("saint ", "st "), ("sainte ", "ste ")):
        if folded.startswith(long):
            yield folded.replace(long, short, 1)


def by_code(text: str) -> str | None:
    """The country of an ISO 3166-1 alpha-2 or alpha-3 code, a reserved code or an abbreviation, in any case."""
    return _iso().get(text.upper())


def lookup(text: str, *, leaving: bool = False) -> tuple[str, ...]:  # noqa: PLR0911  (one clause per way to write it)
    """The countries that this names: none, one, or several where the name does not tell; sorted.

    Codes, numbers, top-level domains, flags, and names in any language, whatever their case and accents.  With
    ``leaving`` (the command sends something out of the room) a word of two to four letters that is a code counts
    only in capitals, as *no*, *es* or *per* are words, and a number never counts."""
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
    nobody: frozenset[str] = frozenset()
    return tuple(sorted(_folded().get(folded) or _folded().get(folded.removeprefix("the "), nobody)))


def near(text: str, limit: int = 5) -> tuple[str, ...]:
    """Countries whose name is nearly this, the nearest first: for suggestions, never for sending."""
    folded = fold(text)
    allowed = typos_allowed(len(folded))
    if not allowed:
        return ()
    found: dict[str, float] = {}
    names = list(_folded())
    for spelled, distance, _ in process.extract(folded, names, scorer=OSA.distance, score_cutoff=allowed, limit=None):
        for code in _folded()[spelled]:
            found[code] = min(distance, found.get(code, distance))
    return tuple(sorted(found, key=lambda code: (found[code], code))[:limit])


def name(code: str, language: str) -> str:
    """The country's name in this language (CLDR), else in English, else its code."""
    short = language.split("-", maxsplit=1)[0]
    for spoken in (short if short in LANGUAGES else "en", "en"):
        if found := _territories(spoken).get(code):
            return found
    return code


def flag(code: str) -> str:
    """The flag, as two regional indicator symbols."""
    return "".join(chr(_A + ord(letter) - ord("A")) for letter in code)
