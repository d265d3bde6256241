"""A first line that says again what one said that was refused: then the text below that one is meant."""

from bot.commands.answers import fold
from bot.commands.call import Call
from bot.directory.rules.targets import behind_the_list, parse_targets
from bot.directory.service import Register
from bot.errors import EnlaceError


def says_again(words: str, line: str) -> bool:
    """Whether these words of a new line, as far as there are any, stood in the refused one.

    Else it is about something else, and takes nothing along that was meant for others."""
    apart = fold(words).split()
    return not apart or f" {' '.join(apart)} " in f" {' '.join(fold(line).split())} "


def whole(call: Call, register: Register) -> str:
    """All that a message says that is refused: its subject, be it on the first line, and what stands below it."""
    try:
        parsed = parse_targets(call.first_line, register.knows)
        # Before a label stand targets, be they mistyped.
        subject = parsed.rest if parsed.tlp else " ".join([*parsed.leftovers, parsed.rest]).strip()
    except EnlaceError:
        subject = behind_the_list(call.first_line)
    text = call.body or below(subject, str(call.extra.get("kept", "")))
    return f"{subject}\n{text}" if subject else text


def below(subject: str, text: str) -> str:
    """What stands below the subject in a text that was kept whole."""
    first, _, rest = text.lstrip("\n").partition("\n")
    return rest if subject and fold(first) == fold(subject) else text
