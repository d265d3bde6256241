"""What those who offer help, and those who ask, read."""

from datetime import datetime

from bot.assist.model import Request
from bot.assist.service.framework import service_name
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, quote
from bot.tlp import Tlp


def label(tlp: Tlp) -> Rich:
    """The label in FIRST's colours (TLP 2.0)."""
    return Rich(str(tlp), f'<span data-mx-color="{tlp.colour}" data-mx-bg-color="#000000">{tlp}</span>').bold()


def instant(at: datetime) -> str:
    """Minute and zone: it is read in several time zones, so always UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def asking(language: str, request: Request, text: str) -> Rich:
    """A request as it reaches those who offer."""
    asker = request.asker
    return Rich.lines(
        [
            say(
                language,
                "assist-asking",
                who=f"{asker.organisation} ({asker.name})",
                service=service_name(language, request.service),
            ),
            say(
                language,
                "assist-asking-label",
                label=label(request.tlp),
                ref=request.ref,
                until=instant(request.expires_at),
            ),
            quote(text),
            say(language, "assist-asking-foot", organisation=asker.organisation),
        ]
    )


def settled(language: str, request: Request, *, yours: bool) -> Rich:
    """What stands in its place once it is over; who helps is told only to whoever does."""
    key = "assist-settled-yours" if yours else "assist-settled"
    values = {"exchange": str(request.exchange)} if yours else {}
    return say(language, key, ref=request.ref, organisation=request.asker.organisation, **values)
