"""Phone numbers as links that a phone can dial (RFC 3966).  enlace itself never dials.  Pure."""

import re

_NOTE = re.compile(r"\(\s*(?:0|fax|[a-záéíóú ]+)\s*\)", re.IGNORECASE)
_EXTENSION = re.compile(r"(?:ext(?:ensi[oó]n)?|anexo|interno|int|x|#)[\s.:]*([0-9]{1,7})\s*$", re.IGNORECASE)


def tel(number: str) -> str | None:
    """``tel:+525500000000`` for a global number (with ``+`` or ``00``); None for anything that cannot be dialled
    from abroad: a national number without its country would ring a stranger."""
    text = _NOTE.sub(" ", number).strip()
    extension = _EXTENSION.search(text)
    if extension:
        text = text[: extension.start()]
    # Digits of other scripts look like others than they are (৪ is four), and no phone dials them.
    if not re.fullmatch(r"(?:\+|00)[0-9\s().\-/]{6,30}", text.strip()):
        return None
    digits = re.sub(r"\D", "", text)
    digits = digits if text.lstrip().startswith("+") else digits.removeprefix("00")
    if not 7 <= len(digits) <= 15:  # ITU-T E.164
        return None
    return f"tel:+{digits}" + (f";ext={extension[1]}" if extension else "")
