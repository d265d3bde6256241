"""Countries as people name them."""

import pycountry
import pytest

from bot.directory.rules import countries
from bot.directory.rules.naming import fold


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("MX", "MX"), ("mex", "MX"), ("México", "MX"), ("mexico", "MX"), ("MÉXICO", "MX"), ("🇲🇽", "MX"),
        (".mx", "MX"), ("484", "MX"),
        ("004", "AF"), ("المكسيك", "MX"), ("墨西哥", "MX"), ("Мексика", "MX"), ("Mexique", "MX"),
        ("UK", "GB"), ("EL", "GR"), ("EU", "EU"), ("XK", "XK"), ("Kosovo", "XK"), ("🇪🇺", "EU"), ("🇬🇧", "GB"),
        ("Turkey", "TR"), ("Turquía", "TR"), ("Türkiye", "TR"), ("Ivory Coast", "CI"),
        ("Côte d’Ivoire", "CI"), ("cote d'ivoire", "CI"),
        ("Swaziland", "SZ"), ("Suazilandia", "SZ"), ("Estados Unidos", "US"), ("EE. UU.", "US"),
        ("EEUU", "US"), ("USA", "US"),
        ("The Netherlands", "NL"), ("Holanda", "NL"), ("Burma", "MM"), ("República Dominicana", "DO"),
        ("Trinidad y Tobago", "TT"),
        ("St Lucia", "LC"), ("Corea del Sur", "KR"), ("Guinea Ecuatorial", "GQ"), ("Nigeria", "NG"), ("Viet Nam", "VN"),
    ],
)  # fmt: skip
def test_one_country(typed: str, code: str) -> None:
    assert countries.lookup(typed) == (code,)


@pytest.mark.parametrize(
    ("typed", "codes"),
    [
        ("Congo", {"CD", "CG"}), ("Korea", {"KP", "KR"}), ("Corea", {"KP", "KR"}), ("Guinea", {"GN", "GQ", "GW", "PG"}),
        ("Niger", {"NE", "NG"}), ("Níger", {"NE", "NG"}), ("Dominica", {"DM", "DO"}), ("Sudán", {"SD", "SS"}),
    ],
)  # fmt: skip
def test_what_several_answer_to_gives_all_of_them(typed: str, codes: set[str]) -> None:
    assert set(countries.lookup(typed)) == codes
    assert set(countries.lookup(typed, leaving=True)) == codes


@pytest.mark.parametrize("typed", ["", " ", "nowhere", "ZZ", "99", "4", "mexic", "🇿🇿", ".zz", "M", "12345"])
def test_nothing_is_guessed(typed: str) -> None:
    assert countries.lookup(typed) == ()


def test_every_code_of_iso_3166_in_every_way_of_writing_it() -> None:
    for country in pycountry.countries:
        code = country.alpha_2
        written = (code, code.lower(), country.alpha_3, country.numeric, f".{code.lower()}", country.flag)
        for typed in (*written, countries.flag(code)):
            assert countries.lookup(typed) == (code,), typed
        for language in countries.LANGUAGES:
            name = countries.name(code, language)
            assert code in countries.lookup(name), (language, name)
            assert code in countries.lookup(name, leaving=True), (language, name)


def test_near_names_are_suggestions() -> None:
    assert countries.near("mexco")[0] == "MX"
    assert countries.near("Brazill")[0] == "BR"
    assert countries.near("xq") == ()


def test_marks_of_scripts_where_they_are_letters_stay() -> None:
    assert fold("Ñandú–ÇA  va") == "nandu ca va"
    assert fold("Straße Łódź Åland") == "strasse lodz aland"
    assert fold("السُّعُودِيَّة") == fold("السعودية")
    assert fold("हिन्दी") != fold("हनद")
    assert fold("한국") == "한국"
    assert fold("a\u200bb\u202ec") == "abc"
