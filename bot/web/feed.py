"""An organisation's duty as a calendar that people subscribe to, behind its secret address."""

import hashlib
import re

from aiohttp import web
from aiohttp.helpers import ETag

from bot.db.unit import Database
from bot.duty.service.feeds import Feeds

_STAMPS = re.compile(rb"DTSTAMP[^\r\n]*\r\n")


class Feed:
    """Reads, and nothing else."""

    def __init__(self, database: Database, feeds: Feeds) -> None:
        self._db = database
        self._feeds = feeds

    def routes(self) -> list[web.RouteDef]:
        """To be served by :class:`bot.web.public.Public`, which says what goes wrong."""
        return [web.get("/duty/{token}.ics", self._calendar)]

    async def _calendar(self, request: web.Request) -> web.Response:
        async with self._db.reading() as unit:
            shown = await self._feeds.read(unit, request.match_info["token"])
            now = unit.now
        from bot.formats import ical  # noqa: PLC0415  (as in bot.duty.rules.calendar)

        body = ical.feed(shown.organisation.handle, shown.roles, shown.names, now)
        etag = ETag(hashlib.sha256(_STAMPS.sub(b"", body)).hexdigest()[:32])
        known = {tag.value for tag in request.if_none_match or ()}
        answer = web.Response(status=304) if etag.value in known else web.Response(body=body)
        if answer.status == 200:
            answer.content_type, answer.charset = "text/calendar", "utf-8"
        answer.etag = etag
        return answer
