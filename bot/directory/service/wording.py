"""What the directory says, in words."""

from collections.abc import Iterable
from unicodedata import bidirectional

from babel import Locale, UnknownLocaleError

from bot.directory.model import Contact, Organisation, Problem
from bot.directory.rules.phone import tel
from bot.directory.rules.resolve import Choice
from bot.directory.rules.search import Hit
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, code, link, quote
from bot.tlp import Tlp

_NAMES_SHOWN = 5
_ISOLATE, _END = "\u2068", "\u2069"
_ORDER = ("emergency-phone", "phone", "email", "matrix", "fax", "web", "postal", "other")
_SIGNS = {"emergency-phone": "🚨 ", "phone": "📞 ", "fax": "📠 ", "email": "✉ ", "web": "🔗 ", "postal": "📮 "}


def one_line(text: str) -> Rich:
    """Somebody else's words on one line: no name of the directory can look like a line of our own.

    A name that is written from right to left stands by itself, so that it does not turn around what is beside it."""
    said = quote(" ".join(text.split()))
    if any(bidirectional(character) in {"R", "AL"} for character in said.plain):
        return Rich(f"{_ISOLATE}{said.plain}{_END}", f"{_ISOLATE}{said.html}{_END}")
    return said


def say_choice(choice: Choice, language: str) -> Rich:
    """An organisation to choose: its handle and present name, and the other name by which it was found."""
    return (
        code(choice.organisation.handle)
        + Rich(" ", " ")
        + one_line(choice.organisation.name(language))
        + say_found_by(choice, language)
    )


def say_found_by(found: Hit | Choice, language: str) -> Rich:
    """``(also …)`` or ``(formerly …)`` where something was found by such a name; else nothing."""
    if found.alias is not None:
        return Rich(" ", " ") + say(language, "directory-also", name=one_line(found.alias))
    if found.former is not None:
        return Rich(" ", " ") + say(language, "directory-formerly", name=one_line(found.former))
    return Rich()


def say_other_names(organisation: Organisation, language: str) -> list[Rich]:
    """A line with its aliases and one with its former names, as far as there are any."""
    lines = []
    for key, names in (("also", organisation.aliases), ("formerly", organisation.former_names)):
        if names:
            more = " · …" if len(names) > _NAMES_SHOWN else ""
            listed = one_line(" · ".join(names[:_NAMES_SHOWN]) + more)
            lines.append(say(language, f"whois-{key}", names=listed))
    return lines


def say_contact(contact: Contact) -> Rich:
    """The contact, what it is, and its label unless that is CLEAR; a phone number that can be dialled is a link."""
    sign = _SIGNS.get(contact.kind, "• ")
    shown = one_line(contact.value)
    if contact.kind in {"phone", "emergency-phone"} and (href := tel(contact.value)) is not None:
        shown = link(href, contact.value)
    elif contact.kind in {"email", "matrix", "phone", "emergency-phone", "fax"}:
        shown = code(contact.value)
    label = Rich() if contact.tlp is Tlp.CLEAR else Rich(f" {contact.tlp}", f" {contact.tlp}")
    return Rich(sign, sign) + shown + label


def by_urgency(contacts: Iterable[Contact]) -> list[Contact]:
    """Phones first: what somebody dials at three in the morning."""
    return sorted(contacts, key=lambda contact: _ORDER.index(contact.kind) if contact.kind in _ORDER else len(_ORDER))


def language_name(tag: str, language: str) -> str:
    """The name of a language (BCP 47) in a language, else the tag itself."""
    try:
        return Locale.parse(tag.replace("-", "_")).get_display_name(language) or tag
    except (UnknownLocaleError, ValueError):
        return tag


def say_problem(problem: Problem, language: str) -> Rich:
    """``file:line: what is wrong``, in one line."""
    where = code(f"{problem.source}:")
    return where + Rich(" ", " ") + say(language, f"directory-problem-{problem.code}", **problem.values)
