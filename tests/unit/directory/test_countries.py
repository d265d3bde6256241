"""Countries as people name them."""

import pycountry
import pytest

from bot.directory.rules import countries
from bot.directory.rules.naming import fold
from bot.directory.rules.states import UN_NAMES, UNNAMED
from bot.i18n.catalogue import catalogue


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


@pytest.mark.parametrize(
    ("code", "typed"),
    [
        # Arabic: with and without article, vowel marks, tatweel, and letters that are typed for one another
        ("MX", "المكسيك|مكسيك|الْمَكْسِيك|المكـــسيك"),
        ("SA", "السعودية|سعودية|السعوديه|المملكة العربية السعودية|المملكه العربيه السعوديه"),
        ("BA", "البوسنة والهرسك|بوسنة وهرسك"),
        ("DE", "ألمانيا|المانيا"),
        ("AE", "الإمارات العربية المتحدة|الامارات|امارات"),
        ("IR", "إيران|ايران|ایران|إيران (جمهورية - الإسلامية)"),
        ("US", "الولايات المتحدة|أمريكا|امريكا"),
        ("PS", "فلسطين|دولة فلسطين|Палестина|巴勒斯坦国|État de Palestine|Estado da Palestina|Palestinian Territory"),
        # Chinese: simplified and traditional, usual and official names
        ("MX", "墨西哥|墨西哥合众国|墨西哥合眾國"),
        ("KR", "韩国|南韓|大韩民国|大韓民國"),
        ("KP", "朝鲜|北韓|朝鲜民主主义人民共和国"),
        ("IT", "意大利|義大利"),
        ("CD", "刚果(金)|刚果民主共和国"),
        ("SA", "沙特阿拉伯|沙特|沙烏地阿拉伯"),
        # Russian: case, ё, former and official names
        ("RU", "россия|РОССИЯ|Российская Федерация|РФ|俄罗斯联邦"),
        ("BY", "Беларусь|Белоруссия"),
        ("AL", "албания|АЛБАНИЯ"),
        ("US", "Соединённые Штаты|соединенные штаты|США"),
        ("CI", "Кот-д’Ивуар|кот д ивуар|科特迪瓦|كوت ديفوار|Costa de Marfil|Costa do Marfim"),
        # French, Spanish, Portuguese: accents dropped, articles, both sides of the ocean
        ("US", "États-Unis|etats unis|les États-Unis|EUA|los Estados Unidos"),
        ("DE", "l'Allemagne|L’ALLEMAGNE|Alemania|Alemanha"),
        ("BR", "Brésil|bresil|o Brasil|BRASIL"),
        ("IR", "Irão|Irã|irao|Irán (República Islámica del)|Iran, Islamic Republic of"),
        ("KE", "Quénia|Quênia|Kenia|Kenya"),
        ("TT", "Trinidad y Tabago|Trinidad y Tobago|Trinité-et-Tobago|Trindade e Tobago"),
        ("KR", "República de Corea|Corea, República de|République de Corée|Korea, Republic of|Rep. of Korea"),
        ("BO", "Bolivia (Estado Plurinacional de)|Bolivia, Plurinational State of|Bolivie"),
        ("NL", "Países Bajos (Reino de los)|Pays-Bas|荷兰|Holanda"),
        ("SV", "El Salvador|Salvador"),
        # what countries were called
        ("MK", "FYROM|Macedonia|Македония|马其顿"),
        ("SZ", "Swaziland|Свазиленд|Esuatini"),
        ("MM", "Burma|Бирма|Birmanie"),
        ("CZ", "Czech Republic|República Checa|Чешская Республика"),
        # neither States nor named by the United Nations, and found
        ("XK", "Kosovo|Косово|科索沃|كوسوفو"),
        ("TW", "Taiwan|Taiwán|台湾|臺灣|Taiwan, Province of China"),
        ("EU", "European Union|Unión Europea|欧盟|الاتحاد الأوروبي"),
    ],
)  # fmt: skip
def test_in_the_six_languages_of_the_united_nations_and_portuguese(code: str, typed: str) -> None:
    assert {name: countries.lookup(name) for name in typed.split("|")} == dict.fromkeys(typed.split("|"), (code,))


@pytest.mark.parametrize(
    ("codes", "typed"),
    [
        ({"CD", "CG"}, "Конго|الكونغو|كونغو|刚果|le Congo"),
        ({"KP", "KR"}, "Корея|كوريا|朝鲜半岛|Corée"),
        ({"NE", "NG"}, "Нигер|النيجر|尼日尔|le Niger"),
        ({"SD", "SS"}, "Судан|السودان|سودان|苏丹|Soudan"),
        ({"DM", "DO"}, "Доминика|Dominique"),
        ({"GN", "GQ", "GW", "PG"}, "Гвинея|غينيا|几内亚|Guinée"),
    ],
)
def test_what_several_answer_to_does_so_in_every_language(codes: set[str], typed: str) -> None:
    assert {name: set(countries.lookup(name)) for name in typed.split("|")} == dict.fromkeys(typed.split("|"), codes)


def test_what_a_program_wrote_means_whose_name_it_is() -> None:
    for country in pycountry.countries:
        assert countries.written(countries.name(country.alpha_2, "en")) == (country.alpha_2,)
    assert countries.written("Niger") == ("NE",)
    assert len(countries.written("Korea")) == 2


@pytest.mark.parametrize("word", ["مكسيك", "la Argentina", "o Brasil", "هند"])
def test_articles_count_where_something_leaves(word: str) -> None:
    assert len(countries.lookup(word)) == 1
    assert countries.lookup(word, leaving=True) == ()


def test_what_is_shown_is_what_the_united_nations_say() -> None:
    assert set(catalogue().languages) <= set(UN_NAMES)
    shown = {code: (countries.name(code, "en"), countries.name(code, "es")) for code in ("PS", "KR", "TR", "MX", "SY")}
    assert shown == {
        "PS": ("State of Palestine", "Estado de Palestina"),
        "KR": ("Republic of Korea", "República de Corea"),
        "TR": ("Türkiye", "Türkiye"),
        "MX": ("Mexico", "México"),
        "SY": ("Syrian Arab Republic", "República Árabe Siria"),
    }
    assert {countries.name(code, language) for code in UNNAMED for language in ("en", "es", "fr")} == UNNAMED
    for language, names in UN_NAMES.items():
        for code, name in names.items():
            assert code in countries.known()
            assert code in countries.lookup(name), name
            assert countries.name(code, language) == name
