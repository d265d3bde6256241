"""Neutral code names for rooms: stars and minerals, which tell nothing and read alike in many languages.  Pure."""

from collections.abc import Collection

STARS = (
    "Acrux", "Adhara", "Alcor", "Aldebaran", "Algol", "Alioth", "Alkaid", "Alnair", "Alnilam", "Alnitak", "Altair",
    "Antares", "Arcturus", "Atria", "Avior", "Bellatrix", "Canopus", "Capella", "Castor", "Deneb", "Dubhe", "Elnath",
    "Electra", "Fomalhaut", "Gacrux", "Hadar", "Hamal", "Kochab", "Maia", "Menkar", "Merak", "Mimosa", "Mira", "Mirach",
    "Mizar", "Naos", "Nunki", "Pollux", "Regulus", "Rigel", "Sabik", "Saiph", "Sargas", "Scheat", "Shaula", "Spica",
    "Thuban", "Vega", "Wezen",
)  # fmt: skip
MINERALS = (
    "Agata", "Amatista", "Berilo", "Calcita", "Citrino", "Cobalto", "Coral", "Cuarzo", "Diorita", "Dolomita",
    "Feldspato", "Fluorita", "Galena", "Granito", "Jade", "Jaspe", "Lapislazuli", "Malaquita", "Marmol", "Mica",
    "Obsidiana", "Olivino", "Onix", "Opalo", "Peridoto", "Pirita", "Pizarra", "Selenita", "Talco", "Topacio",
    "Turmalina", "Zafiro",
)  # fmt: skip


def code_name(random: bytes, taken: Collection[str]) -> str:
    """A name of two words drawn with ``random`` (at least four bytes) that is not among ``taken``."""
    names = len(STARS) * len(MINERALS)
    start = int.from_bytes(random[:4], "big") % names
    for step in range(names):
        number = (start + step) % names
        name = f"{STARS[number // len(MINERALS)]} {MINERALS[number % len(MINERALS)]}"
        if name not in taken:
            return name
    return f"{STARS[start % len(STARS)]} {int.from_bytes(random[:4], 'big')}"
