"""The Traffic Light Protocol 2.0 (FIRST, in force since August 2022).

FIRST defines no total order of the labels; the order here (CLEAR < GREEN < AMBER < AMBER+STRICT < RED) is
enlace's own, used only to compare how far two labels let information travel.
"""

import enum
import re

from bot.errors import NotDone


class UnclearLabel(NotDone):
    """“{value}” is not a TLP 2.0 label."""

    code = "unclear-label"


class Tlp(enum.Enum):
    """A label; ``str()`` gives the canonical spelling, for example ``TLP:AMBER+STRICT``."""

    CLEAR = "CLEAR"
    GREEN = "GREEN"
    AMBER = "AMBER"
    AMBER_STRICT = "AMBER+STRICT"
    RED = "RED"

    def __str__(self) -> str:
        return f"TLP:{self.value}"

    @property
    def rank(self) -> int:
        """0 (CLEAR) to 4 (RED)."""
        return _ORDER.index(self)

    def __lt__(self, other: "Tlp") -> bool:
        return self.rank < other.rank

    def __le__(self, other: "Tlp") -> bool:
        return self.rank <= other.rank

    @property
    def colour(self) -> str:
        """FIRST's colour on black, as ``#RRGGBB``."""
        return _COLOURS[self]


_ORDER = (Tlp.CLEAR, Tlp.GREEN, Tlp.AMBER, Tlp.AMBER_STRICT, Tlp.RED)
_COLOURS = {
    Tlp.CLEAR: "#FFFFFF",
    Tlp.GREEN: "#33FF00",
    Tlp.AMBER: "#FFC000",
    Tlp.AMBER_STRICT: "#FFC000",
    Tlp.RED: "#FF2B2B",
}
_WORDS = {
    "clear": Tlp.CLEAR,
    "white": Tlp.CLEAR,  # TLP 1.0; FIRST maps it to CLEAR
    "green": Tlp.GREEN,
    "amber": Tlp.AMBER,
    "amber strict": Tlp.AMBER_STRICT,
    "red": Tlp.RED,
}
_PREFIX = re.compile(r"^tlp[\s:：\-]*", re.IGNORECASE)


def parse(value: str) -> Tlp:
    """Read a label leniently: ``tlp red``, ``TLP: Amber strict``, ``AMBER-STRICT``, ``tlp:amber+strict``.

    Raises :class:`UnclearLabel` for everything that is not clearly one label.
    """
    words = _PREFIX.sub("", value.strip())
    words = re.sub(r"[\s+_\-–]+", " ", words).strip().casefold()
    try:
        return _WORDS[words]
    except KeyError:
        raise UnclearLabel(value=value) from None
