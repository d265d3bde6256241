"""Whether a first line says again what one said that was refused: then the text below that one is meant."""

from bot.commands.answers import fold


def says_again(words: str, line: str) -> bool:
    """Whether these words of a new line, as far as there are any, stood in the refused one.

    Else it is about something else, and takes nothing along that was meant for others."""
    apart = fold(words).split()
    return not apart or f" {' '.join(apart)} " in f" {' '.join(fold(line).split())} "
