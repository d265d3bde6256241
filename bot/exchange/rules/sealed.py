"""Text that its author has encrypted: carried as it is, and said so.  Pure."""

import re

_ARMOUR = re.compile(r"^-----BEGIN PGP MESSAGE-----[ \t]*$", re.MULTILINE)


def unopened(text: str) -> bool:
    """Whether there is an OpenPGP message in it (RFC 9580, 6.2): only who it is encrypted to can read that."""
    return _ARMOUR.search(text) is not None
