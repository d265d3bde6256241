"""``docs/tlp.md`` is the rule itself, written out; ``python -m tests.unit.exchange.test_tlp_doc`` renews it."""

from pathlib import Path

from bot.exchange.rules.tlp import Leg, Way, accepted_in, ceiling, rule
from bot.tlp import Tlp

DOC = Path(__file__).parents[3] / "docs" / "tlp.md"
PLACES = {
    "room of a named organisation": (Way.DESK, {"named_organisation": True}),
    "direct room of a named person": (Way.DIRECT, {"named_person": True}),
    "the same, and one of their devices is not signed": (Way.DIRECT, {"named_person": True, "unsigned_device": True}),
    "room of an organisation in a shared network": (Way.DESK, {}),
    "room of the incident it belongs to": (Way.INCIDENT, {"named_organisation": True}),
    "room that organisations of a shared network have in common": (Way.COORDINATION, {}),
    "room not verified now": (Way.DESK, {"named_organisation": True, "room_verified": False}),
    "room of anybody else": (Way.DESK, {"shares_network": False}),
    "OpenPGP mail, encrypted to the named organisation": (Way.MAIL, {"named_organisation": True, "encrypted": True}),
    "mail that is not encrypted": (Way.MAIL, {"named_organisation": True}),
}

HANDED_IN = {
    "the sender's desk room": ("desk", "verified"),
    "the sender's direct room": ("direct", "verified"),
    "either, by somebody who was vouched for": ("direct", "vouched"),
    "either, by somebody whose statement has run out (grace)": ("direct", "grace"),
}


LEVELS = ("verified", "vouched", "grace", "none")


def leg(way: Way, facts: dict[str, bool], level: str) -> Leg:
    base = {"room_verified": True, "named_organisation": False, "named_person": False, "shares_network": True}
    return Leg(way=way, lowest_level=level, **{**base, **facts})


def cell(label: Tlp, way: Way, facts: dict[str, bool]) -> str:
    """Who may be among the readers for it to go there."""
    good = [level for level in LEVELS if rule(label, leg(way, facts, level)).allowed]
    return "yes" if good == list(LEVELS) else ", ".join(good) or "no"


def page() -> str:
    lines = [
        "# Where each label may go",
        "",
        "TLP 2.0 as enlace enforces it: one function (`bot/exchange/rules/tlp.py`) decides; this page is its table.",
        "A cell says how everybody there has to be trusted: *verified*, *vouched* for, or in *grace* after their",
        "statement has run out; **yes** needs nothing of that (a letter goes to a key, whoever holds it).",
        "",
        "| | " + " | ".join(str(label) for label in Tlp) + " |",
        "| --- |" + " --- |" * len(Tlp),
    ]
    for name, (way, facts) in PLACES.items():
        cells = [cell(label, way, facts) for label in Tlp]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "Handed in where, and by whom (a message, an answer, an edit, a note; also when it is sent on):",
        "",
        "| | " + " | ".join(str(label) for label in Tlp) + " |",
    ]
    lines.append("| --- |" + " --- |" * len(Tlp))
    for name, (kind, level) in HANDED_IN.items():
        cells = ["yes" if accepted_in(label, kind, level).allowed else "no" for label in Tlp]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    lines += ["", "The highest label that somebody may read, and may say, by how they were verified:", ""]
    lines += [f"- {level}: {ceiling(level) or 'nothing but TLP:CLEAR'}" for level in LEVELS]
    lines += [
        "",
        "A message without a label gets `policy.tlp_default` (TLP:AMBER unless changed), and the answer says so.",
        "A text in which a stricter label stands before a line is not sent or relayed under a looser one.",
        "TLP:WHITE (TLP 1.0) is read as TLP:CLEAR and never written. What no bot can stop is copy and paste.",
        "",
    ]
    return "\n".join(lines)


def test_the_page_is_the_rule() -> None:
    assert DOC.read_text(encoding="utf-8") == page()


if __name__ == "__main__":
    DOC.write_text(page(), encoding="utf-8")
