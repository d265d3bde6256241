"""The root of every error that enlace reports to people.

A class's docstring is its default English text; ``{placeholders}`` are filled with the keyword
arguments of the constructor.  ``code`` is the locale key: the catalogue holds ``error-<code>`` with an
optional ``.hint`` attribute that says the way out.
"""

from typing import ClassVar


class EnlaceError(Exception):
    """Something went wrong inside enlace."""

    code: ClassVar[str] = "internal"

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__()

    def __str__(self) -> str:
        text = " ".join((type(self).__doc__ or "").split())
        try:
            return text.format(**self.values)
        except (KeyError, IndexError):
            return f"{text} {self.values!r}"


class KeysError(EnlaceError):
    """Something is wrong with a key."""

    code = "keys"


class NotAccepted(KeysError):
    """This was not accepted."""

    code = "not-accepted"
