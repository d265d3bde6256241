"""What is called how in the United Nations: the names that are shown where the CLDR's differ (docs/adr/0007).  Pure."""

UN_NAMES = {
    "en": {
        "AG": "Antigua and Barbuda", "BA": "Bosnia and Herzegovina", "BN": "Brunei Darussalam",
        "BO": "Bolivia (Plurinational State of)", "CD": "Democratic Republic of the Congo", "CG": "Congo",
        "CV": "Cabo Verde", "FK": "Falkland Islands (Malvinas)", "FM": "Micronesia (Federated States of)",
        "GB": "United Kingdom of Great Britain and Northern Ireland", "IR": "Iran (Islamic Republic of)",
        "KN": "Saint Kitts and Nevis", "KP": "Democratic People’s Republic of Korea", "KR": "Republic of Korea",
        "LA": "Lao People’s Democratic Republic", "LC": "Saint Lucia", "MD": "Republic of Moldova", "MM": "Myanmar",
        "NL": "Netherlands (Kingdom of the)", "PS": "State of Palestine", "RU": "Russian Federation",
        "ST": "Sao Tome and Principe", "SY": "Syrian Arab Republic", "TT": "Trinidad and Tobago",
        "TZ": "United Republic of Tanzania", "US": "United States of America", "VA": "Holy See",
        "VC": "Saint Vincent and the Grenadines", "VE": "Venezuela (Bolivarian Republic of)", "VN": "Viet Nam",
    },
    "es": {
        "BD": "Bangladesh", "BH": "Bahrein", "BN": "Brunei Darussalam", "BO": "Bolivia (Estado Plurinacional de)",
        "BT": "Bhután", "BW": "Botswana", "BY": "Belarús", "CD": "República Democrática del Congo", "CG": "Congo",
        "DJ": "Djibouti", "FJ": "Fiji", "FK": "Islas Malvinas (Falkland Islands)",
        "FM": "Micronesia (Estados Federados de)", "GB": "Reino Unido de Gran Bretaña e Irlanda del Norte",
        "GW": "Guinea-Bissau", "IQ": "Iraq", "IR": "Irán (República Islámica del)", "KE": "Kenya",
        "KN": "Saint Kitts y Nevis", "KP": "República Popular Democrática de Corea", "KR": "República de Corea",
        "KZ": "Kazajstán", "LA": "República Democrática Popular Lao", "LS": "Lesotho", "MD": "República de Moldova",
        "ML": "Malí", "MM": "Myanmar", "MW": "Malawi", "NL": "Países Bajos (Reino de los)", "NZ": "Nueva Zelandia",
        "PG": "Papua Nueva Guinea", "PS": "Estado de Palestina", "PW": "Palau", "QA": "Qatar", "RO": "Rumania",
        "RU": "Federación de Rusia", "RW": "Rwanda", "SA": "Arabia Saudita", "SR": "Suriname",
        "SY": "República Árabe Siria", "SZ": "Eswatini", "TR": "Türkiye", "TT": "Trinidad y Tabago",
        "TZ": "República Unida de Tanzanía", "US": "Estados Unidos de América", "VA": "Santa Sede",
        "VE": "Venezuela (República Bolivariana de)", "VN": "Viet Nam", "ZW": "Zimbabwe",
    },
}  # fmt: skip
"""Short names of Member States and observers, and what the United Nations' list of areas calls the Malvinas, by
language; what is not here is called so in the CLDR too, accents and ``&`` apart."""

UNNAMED = frozenset({"TW", "XK"})
"""Codes for which the United Nations have no name: shown as the code, found by any name."""

ALIASES = {
    "AE": ("Emirates", "Emiratos", "Émirats", "Emirados"),
    "BA": ("Bosnia", "Bosnie", "Bósnia"),
    "BO": ("Bolivia",),
    "BQ": ("Bonaire", "Bonaire, Saint Eustatius and Saba"),
    "BY": ("Byelorussia", "Bielorrusia", "Biélorussie", "Bielorrússia"),
    "CC": ("Cocos Islands",),
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
    "PS": ("Palestinian Territory", "Palestine", "Palestina", "State of Palestine", "Estado de Palestina"),
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
"""Former, short and official names that people type, beside those of the CLDR, of ISO 3166 and above; a name may stand
at several countries."""

ELSEWHERE = {
    "AE": ("الإمارات", "ОАЭ"), "BF": ("Burkina",), "BN": ("文莱达鲁萨兰国",), "BS": ("Bahamas, The",),
    "BO": ("Bolivie (État plurinational de)", "Bolivie (État plurinacional de)", "بوليفيا (دولة - المتعددة القوميات)",
           "多民族玻利维亚国", "玻利维亚(多民族国)", "Боливия (Многонациональное Государство)"),
    "BY": ("Белоруссия",),
    "CD": ("ДРК", "刚果金", "刚果(金)", "民主刚果"), "CF": ("ЦАР",), "CG": ("刚果布", "刚果(布)"),
    "CI": ("كوت ديفوار",), "CN": ("КНР",), "FM": ("Micronésie (États fédérés de)", "密克罗尼西亚(联邦)",
                                                  "Микронезия (Федеративные Штаты)"),
    "GB": ("بريطانيا", "Британия"), "GM": ("Gambia, The",), "IR": ("Iran (Islamic Rep.)", "伊朗(伊斯兰共和国)",
                                                                   "إيران (جمهورية - الإسلامية)",
                                                                   "Иран (Исламская Республика)"),
    "KG": ("Кыргызстан",), "KN": ("Saint Kitts", "Saint Kitts y Nevis"), "KP": (
        "République populaire démocratique de Corée", "Korea, North", "КНДР", "Корея Северная", "北朝鲜"),
    "KR": ("République de Corée", "República da Coreia", "Rep. of Korea", "Korea, South", "Корея Южная", "南韩",
           "جمهورية كوريا"),
    "LA": ("RDP lao", "République démocratique populaire lao"),
    "MD": ("República da Moldova", "República de Moldova", "République de Moldova"),
    "MK": ("Republic of Macedonia", "FYROM", "TFYR Macedonia", "Македония", "مقدونيا", "马其顿"),
    "MM": ("Бирма", "بورما"), "NL": ("Pays-Bas (Royaume des)", "Нидерланды (Королевство)", "Голландия", "荷兰王国"),
    "NZ": ("纽西兰",), "PS": ("فلسطين",), "RU": ("俄罗斯联邦", "РФ"), "SA": ("沙特",), "ST": ("São Tomé",),
    "SY": ("République arabe syrienne",), "SZ": ("Свазиленд", "سوازيلاند", "斯威士兰王国"),
    "TR": ("República de Türkiye", "Republic of Turkey"), "US": ("США", "أمريكا", "أميركا", "Штаты"),
    "VA": ("Святой Престол", "الكرسي الرسولي", "教廷"),
    "VE": ("Venezuela (République bolivarienne du)", "Venezuela (República Bolivariana da)", "委内瑞拉(玻利瓦尔共和国)",
           "فنزويلا (جمهورية - البوليفارية)", "Венесуэла (Боливарианская Республика)"),
    "ZA": ("ЮАР",), "EU": ("ЕС", "Евросоюз"),
}  # fmt: skip
"""Likewise in other languages, with the names that the United Nations use there."""
