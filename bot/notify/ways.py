"""One channel for the sender: a row goes into its room, or by the way that its address names."""

from bot.exchange.channel import Channel, Parcel, Receipt, Refused
from bot.ids import RoomId
from bot.notify.mail import Mail
from bot.notify.webhook import Webhook
from bot.outbox.model import HOOK, MAIL


class Ways:
    """Matrix, and what else the configuration allows."""

    def __init__(self, matrix: Channel, mail: Mail | None, webhook: Webhook | None) -> None:
        self._matrix = matrix
        self._mail = mail
        self._webhook = webhook

    async def send(self, parcel: Parcel) -> Receipt:
        """As :meth:`Channel.send`; a way that is not configured (any more) is refused."""
        if not parcel.room.startswith((MAIL, HOOK)):
            return await self._matrix.send(parcel)
        way = self._mail if parcel.room.startswith(MAIL) else self._webhook
        if way is None:
            raise Refused(reason="not-configured")
        return await way.send(parcel)

    async def top_up(self, room: RoomId) -> tuple[int, int]:
        """As :meth:`Channel.top_up`; only rooms have devices."""
        return await self._matrix.top_up(room)
