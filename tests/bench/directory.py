"""``python -m tests.bench.directory``: a directory of 10,000 organisations and 50,000 people: how long an import takes
from the file to the last row, and how long a search.

Everything is drawn from one seed, which is printed.  The import is the command that operators use, in a process of
its own; searches are asked of the register as the running service has it."""

import argparse
import asyncio
import json
import os
import random
import secrets
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pycountry

from bot.cli.register import open_register
from bot.cli.storage import open_database
from bot.clock import Clock
from bot.config import Config, load_config
from bot.config.kept import LOG_SEED
from bot.db.unit import Database
from bot.directory.rules import countries
from bot.directory.rules.search import Matches
from bot.directory.service import Register
from bot.migrations.upgrading import upgrade
from keys.vault import Vault
from tests.bench.watched import watch

SEED = 20261125
IMPORT_TARGET = 60.0
"""Seconds."""
SEARCH_TARGET = 10.0
"""Milliseconds, the 95th percentile."""
PASSPHRASE = "a passphrase for figures"

GIVEN = {
    "es": ["Ana", "María", "Luis", "José", "Carmen", "Jorge", "Lucía", "Andrés", "Sofía", "Martín", "Elena", "Íñigo"],
    "pt": ["João", "Conceição", "Tiago", "Inês", "Gonçalo", "Luísa", "Antônio", "Vitória", "Caetano", "Lígia"],
    "fr": ["Élodie", "François", "Chloé", "Benoît", "Hélène", "Gaëlle", "Jérôme", "Noémie", "Loïc", "Zoé"],
    "en": ["Grace", "Oliver", "Ruth", "Samuel", "Chidi", "Amara", "Noor", "Malcolm", "Aoife", "Rhys"],
    "ru": ["Анна", "Иван", "Ольга", "Дмитрий", "Светлана", "Фёдор", "Юлия", "Алексей", "Мария", "Павел"],
    "ar": ["محمد", "فاطمة", "أحمد", "عائشة", "يوسف", "ليلى", "خالد", "مريم", "عمر", "نور"],
    "zh": ["伟", "芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋"],
    "hi": ["आरव", "प्रिया", "रोहन", "अनन्या", "विक्रम", "दीपिका", "अर्जुन", "कविता", "संजय", "मीरा"],
    "el": ["Γιώργος", "Μαρία", "Νίκος", "Ελένη", "Κώστας", "Σοφία", "Δημήτρης", "Άννα"],
    "ko": ["민준", "서연", "지우", "하준", "수아", "도윤", "예린", "시우"],
}
FAMILY = {
    "es": [
        "Pérez",
        "García",
        "Núñez",
        "Rodríguez",
        "Ibáñez",
        "Gutiérrez",
        "Peña",
        "Muñoz",
        "Ávila",
        "Quispe",
        "Mamani",
    ],
    "pt": ["Gonçalves", "Araújo", "Magalhães", "Simões", "Brandão", "Falcão", "Assunção", "Queirós"],
    "fr": ["Lefèvre", "Dubois", "Béranger", "Châtelain", "Traoré", "Diallo", "Gagné", "Hébert"],
    "en": ["Okafor", "Smith", "O’Neill", "Mwangi", "Campbell", "Baptiste", "Ngata", "Fitzgerald"],
    "ru": ["Иванова", "Соколов", "Лебедева", "Королёв", "Зайцева", "Щербаков", "Журавлёва", "Тихонов"],
    "ar": ["الحسن", "المنصور", "الخطيب", "القاسم", "البغدادي", "الشريف", "النجار", "حداد"],
    "zh": ["王", "李", "张", "刘", "陈", "杨", "赵", "黄", "周", "吴"],
    "hi": ["शर्मा", "वर्मा", "गुप्ता", "सिंह", "पटेल", "मेहता", "अय्यर", "चौधरी"],
    "el": ["Παπαδόπουλος", "Νικολάου", "Γεωργίου", "Ιωάννου", "Δημητρίου", "Οικονόμου"],
    "ko": ["김", "이", "박", "최", "정", "강", "조", "윤"],
}
TITLES = {
    "es": ("Centro de Respuesta a Incidentes de {}", "Equipo de Seguridad {}", "Autoridad Nacional {}"),
    "pt": ("Centro de Tratamento de Incidentes {}", "Equipe de Segurança {}", "Autoridade {}"),
    "fr": ("Centre de réponse aux incidents {}", "Équipe sécurité {}", "Agence nationale {}"),
    "en": ("{} Incident Response Centre", "Computer Emergency Response Team {}", "{} Security Authority"),
    "ru": ("Центр реагирования на инциденты {}", "Группа безопасности {}", "Агентство {}"),
    "ar": ("مركز الاستجابة للحوادث {}", "فريق الأمن {}", "الهيئة الوطنية {}"),
    "zh": ("{}网络安全应急中心", "{}安全响应小组", "{}信息安全管理局"),
    "hi": ("{} घटना प्रतिक्रिया केंद्र", "{} सुरक्षा दल", "{} साइबर प्राधिकरण"),
    "el": ("Κέντρο Αντιμετώπισης {}", "Ομάδα Ασφάλειας {}", "Αρχή {}"),
    "ko": ("{} 침해대응센터", "{} 보안대응팀", "{} 인터넷진흥원"),
}
SECTORS = ["energy", "finance", "health", "transport", "water", "telecom", "government", "academia"]
CAPABILITIES = ["malware-analysis", "forensics", "threat-hunting", "awareness", "red-team", "ics", "legal", "crisis"]
ZONES = ["America/Mexico_City", "America/Sao_Paulo", "Europe/Madrid", "Africa/Lagos", "Asia/Kathmandu", "Asia/Seoul"]
NETWORKS = [{}, {"first": ["technical"]}, {"oas-cbm": ["operational"]}, {"un-gpd": ["technical", "diplomatic"]}]
CITIES = [
    "Lima",
    "Córdoba",
    "Łódź",
    "Zürich",
    "Nairobi",
    "Mérida",
    "Tromsø",
    "Québec",
    "Aarhus",
    "Kraków",
    "Bengaluru",
    "Busan",
    "Tbilisi",
    "Cusco",
]


BUILT = {
    "ab": (
        [
            "bar",
            "cal",
            "dor",
            "fen",
            "gal",
            "her",
            "jun",
            "kar",
            "lam",
            "mer",
            "nav",
            "ort",
            "pal",
            "qui",
            "ros",
            "sal",
            "tor",
            "val",
            "wes",
            "zam",
        ],
        ["an", "el", "in", "or", "ul", "ama", "eri", "illo", "ond", "uri"],
        ["ez", "es", "ova", "ski", "berg", "mann", "eira", "ini", "son", "ard"],
    ),
    "аб": (
        ["бар", "вол", "гор", "дем", "жар", "зим", "кар", "лем", "мор", "ник", "ост", "пет", "рад", "сав", "тар"],
        ["ан", "ел", "ив", "ор", "ук", "ами", "ери", "ило"],
        ["ов", "ова", "ин", "ина", "енко", "ский", "ская", "ев", "ева"],
    ),
}
"""Syllables of names, so that there are as many different words as in a real list of so many people."""


@dataclass(frozen=True, slots=True)
class Size:
    """How large the directory is."""

    organisations: int = 10_000
    people: int = 50_000
    queries: int = 300
    """Of each kind."""


def family(draw: random.Random, script: str) -> str:
    """A family name: one of the common ones, or one of the many rare ones."""
    built = BUILT["аб"] if script == "ru" else BUILT["ab"] if script in {"es", "pt", "fr", "en"} else None
    if built is None or draw.random() < 0.4:
        return draw.choice(FAMILY[script])
    return "".join(map(draw.choice, built)).capitalize()


def generate(seed: int, size: Size) -> str:
    """The directory as native YAML; the same for the same seed."""
    draw = random.Random(seed)
    codes = [country.alpha_2 for country in pycountry.countries]
    each, left = divmod(size.people, size.organisations)
    lines = ["organisations:\n"]
    for number in range(size.organisations):
        script, country = draw.choice(list(TITLES)), draw.choice(codes)
        place = f"{draw.choice(CITIES)} {family(draw, script)}"
        handle = f"{draw.choice(['CERT', 'CSIRT', 'SOC', 'NCSC'])}-{country}-{number}"
        domain = f"{handle.lower()}.example"
        names = {script: draw.choice(TITLES[script]).format(place), "en": f"{country} {place} CERT {number}"}
        entry: dict[str, Any] = {
            "handle": handle, "names": names, "country": country, "timezone": draw.choice(ZONES),
            "office_hours": "Mon-Fri 09:00-18:00", "languages": list(dict.fromkeys([script, "en"])),
            "networks": draw.choice(NETWORKS), "sectors": [draw.choice(SECTORS)],
            "capabilities": draw.sample(CAPABILITIES, 2),
            "contacts": [
                {"kind": "email", "value": f"cert@{domain}", "tlp": "CLEAR"},
                {"kind": "phone", "value": f"+{draw.randrange(10**10, 10**11)}", "tlp": "AMBER"},
            ],
            "openpgp": [{"fingerprint": f"{draw.getrandbits(160):040X}"}],
        }  # fmt: skip
        entry["people"] = [
            {
                "name": f"{draw.choice(GIVEN[script])} {family(draw, script)}",
                "mxid": f"@person{number}-{one}:{domain}",
                "roles": [draw.choice(["technical", "diplomatic"])],
                "lead": one == 0,
                "languages": [script],
                "contacts": [{"kind": "email", "value": f"p{one}@{domain}", "tlp": "AMBER"}],
            }
            for one in range(each + (number < left))
        ]
        lines.append(f"  - {json.dumps(entry, ensure_ascii=False)}\n")
    return "".join(lines)


def console(folder: Path, database: str) -> Config:
    """A deployment without a homeserver, as ``enlace init`` leaves one."""
    folder.chmod(0o700)
    zeros = "0" * 40
    (folder / "config.yaml").write_text(
        f"""\
state_directory: {folder}
matrix: {{homeserver: "https://matrix.example.org", user_id: "@enlace:example.org", device_id: ENLACE01}}
openpgp: {{fingerprint: "{zeros}", home: {folder / "gnupg"}}}
{f'database: {{url: "{database}"}}' if database else ""}
policy:
  coordinators:
    - {{user: "@a:example.org", name: A, fingerprint: "{zeros}"}}
    - {{user: "@b:example.org", name: B, fingerprint: "{zeros[1:]}1"}}
""",
        encoding="utf-8",
    )
    Vault.create(folder / "vault", PASSPHRASE, {LOG_SEED: secrets.token_bytes(32)})
    return load_config(folder / "config.yaml", {"ENLACE_VAULT__PASSPHRASE": PASSPHRASE})


def run_import(folder: Path, file: Path) -> tuple[float, str]:
    """Seconds, and what the command said."""
    begun = time.perf_counter()
    command = [
        sys.executable,
        "-m",
        "bot",
        "directory",
        "import",
        str(file),
        "--yes",
        "-c",
        str(folder / "config.yaml"),
    ]
    environment = {**os.environ, "ENLACE_VAULT__PASSPHRASE": PASSPHRASE, "LC_ALL": "en_US.UTF-8"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"the import failed: {done.stderr[-2000:]}")
    return time.perf_counter() - begun, done.stdout.splitlines()[-1]


def queries(register: Register, seed: int) -> dict[str, Iterator[str]]:
    """What people ask for, without end, by kind."""
    draw = random.Random(seed)
    listed = list(register.organisations())
    staff = list(register.entries.people)

    def typo(text: str) -> str:
        at = draw.randrange(len(text))
        return draw.choice([text[:at] + text[at + 1 :], text[:at] + draw.choice("aeiou") + text[at:]])

    def organisation() -> Any:
        return draw.choice(listed)

    def forever(make: Callable[[], str]) -> Iterator[str]:
        while True:
            yield make()

    return {
        "handle": forever(lambda: organisation().handle),
        "name": forever(lambda: draw.choice(list(organisation().names.values()))),
        "country": forever(lambda: countries.name(organisation().country, draw.choice(["en", "es", "ar", "zh"]))),
        "near name": forever(lambda: typo(draw.choice(list(organisation().names.values())))),
        "part of a name": forever(lambda: " ".join(organisation().names["en"].split()[1:3])),
        "person": forever(lambda: draw.choice(staff).name),
        "near person": forever(lambda: typo(draw.choice(staff).name)),
        "Matrix user": forever(lambda: str(draw.choice(staff).mxid)),
        "capability": forever(lambda: draw.choice(["", "cap:"]) + draw.choice(CAPABILITIES)),
        "nothing like it": forever(lambda: f"{draw.getrandbits(40):x} {draw.getrandbits(30):x}"),
    }


def ask(register: Register, seed: int, each: int) -> dict[str, list[float]]:
    """Milliseconds of every search, by kind, the kinds in turn as people would."""
    streams = queries(register, seed)
    asked = [(kind, query) for kind, stream in streams.items() for query in islice(stream, each)]
    random.Random(seed).shuffle(asked)
    took: dict[str, list[float]] = {kind: [] for kind in streams}
    for kind, query in asked:
        begun = time.perf_counter()
        found: Matches = register.find(query)
        took[kind].append((time.perf_counter() - begun) * 1000)
        if kind in {"handle", "name", "person", "Matrix user"} and not found.exact:
            raise SystemExit(f"{query!r} is there and was not found")
    return took


def at(share: float, values: list[float]) -> float:
    """The value below which this share lies."""
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


async def renew(database: Database, config: Config) -> tuple[float, float]:
    """Seconds for which the running service reads a changed directory anew, and the longest turn of its event loop
    meanwhile (CPU seconds of the loop's own thread)."""
    turns: list[float] = []
    run = asyncio.Handle._run
    watch(turns)
    begun = time.perf_counter()
    try:
        await open_register(config, database)
    finally:
        asyncio.Handle._run = run
    return time.perf_counter() - begun, max(turns, default=0.0)


async def measure(size: Size, seed: int, database: str = "") -> dict[str, Any]:
    """All figures of one run."""
    with tempfile.TemporaryDirectory(prefix="enlace-directory-") as name:
        folder = Path(name)
        config = console(folder, database)
        file = folder / "directory.yaml"
        file.write_text(generate(seed, size), encoding="utf-8")
        made = Database.open(config.database_url, Clock())
        await upgrade(made)
        await made.close()
        first, said = await asyncio.to_thread(run_import, folder, file)
        again, unchanged = await asyncio.to_thread(run_import, folder, file)
        async with open_database(config) as opened:
            begun = time.perf_counter()
            register = await open_register(config, opened)
            loaded = time.perf_counter() - begun
            took = ask(register, seed, size.queries)
            renewed, longest = await renew(opened, config)
    every = [one for values in took.values() for one in values]
    return {
        "seed": seed,
        "organisations": size.organisations,
        "people": size.people,
        "database": "PostgreSQL" if database else "SQLite",
        "day": f"{datetime.now(UTC):%Y-%m-%d}",
        "import seconds": first,
        "import said": said,
        "same file again seconds": again,
        "again said": unchanged,
        "register loaded seconds": loaded,
        "register renewed seconds": renewed,
        "register renewed, longest turn ms": longest * 1000,
        "search ms": {
            kind: {"p50": at(0.5, values), "p95": at(0.95, values), "most": max(values)}
            for kind, values in {**took, "all": every}.items()
        },
    }


def show(found: dict[str, Any]) -> None:
    """The table."""
    print(
        f"a directory of {found['organisations']:,} organisations and {found['people']:,} people, seed {found['seed']}"
        f" ({found['database']})"
    )
    print(f"  import                     {found['import seconds']:6.1f} s   (target {IMPORT_TARGET:.0f} s)")
    print(f"  the same file again        {found['same file again seconds']:6.1f} s")
    print(f"  register loaded            {found['register loaded seconds']:6.1f} s")
    print(
        f"  register renewed           {found['register renewed seconds']:6.1f} s,  the event loop's longest turn"
        f" meanwhile {found['register renewed, longest turn ms']:.0f} ms of CPU"
    )
    for kind, took in found["search ms"].items():
        target = f"   (target {SEARCH_TARGET:.0f} ms at p95)" if kind == "all" else ""
        print(
            f"  search: {kind:18} p50 {took['p50']:6.2f}   p95 {took['p95']:6.2f}   most {took['most']:6.2f} ms{target}"
        )


def main() -> int:
    """Slowness is a figure; only what is not found, or not imported, is a fault."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.directory", description=__doc__)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--organisations", type=int, default=Size().organisations)
    parser.add_argument("--people", type=int, default=Size().people)
    parser.add_argument("--queries", type=int, default=Size().queries, help="of each kind")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL from the wheel, not SQLite")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    given = parser.parse_args()
    size = Size(given.organisations, given.people, given.queries)
    if given.postgres:
        from tests.harness.postgres import Postgres

        server = Postgres(durable=True)
        try:
            found = asyncio.run(measure(size, given.seed, server.fresh()))
        finally:
            server.stop()
    else:
        found = asyncio.run(measure(size, given.seed))
    show(found)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
