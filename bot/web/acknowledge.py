"""The page that the link of an encrypted letter leads to: looking changes nothing, its button takes the call.

Mail scanners fetch every link, so a GET never acknowledges.
"""

import asyncio

from aiohttp import web

from bot.db.unit import Database
from bot.escalation.service import Answers
from bot.i18n.catalogue import say
from bot.web.public import page, said

BODY_WITHIN = 10.0
"""Seconds for a request's body; the button sends none."""


class Acknowledge:
    """The one write that the web has."""

    def __init__(self, database: Database, answers: Answers) -> None:
        self._db = database
        self._answers = answers

    def routes(self) -> list[web.RouteDef]:
        """To be served by :class:`bot.web.public.Public`, which says what goes wrong."""
        return [web.get("/ack/{token}", self._ask), web.post("/ack/{token}", self._take)]

    async def _ask(self, request: web.Request) -> web.Response:
        """What would be taken, and the button."""
        async with self._db.reading() as unit:
            offer = await self._answers.look_at_link(unit, request.match_info["token"])
        language, escalation = offer.language, offer.escalation
        ask = say(
            language,
            "web-ack-ask",
            ref=escalation.ref,
            severity=say(language, f"severity-{escalation.severity.value}"),
            caller=str(escalation.origin.caller.organisation),
            whom=str(escalation.target.organisation),
        )
        button = say(language, "web-ack-button")
        return page(language, 200, f'<p>{ask.html}</p><form method="post"><button>{button.html}</button></form>')

    async def _take(self, request: web.Request) -> web.Response:
        """Take it: state, log entry and what everybody is told, in one transaction."""
        async with asyncio.timeout(BODY_WITHIN):
            await request.read()
        async with self._db.unit() as unit:
            offer = await self._answers.take_by_link(unit, request.match_info["token"])
        caller = str(offer.escalation.origin.caller.organisation)
        return said(offer.language, 200, say(offer.language, "web-ack-done", ref=offer.escalation.ref, caller=caller))
