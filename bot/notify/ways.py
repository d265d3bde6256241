"""One channel for the sender: a row goes into its room, or by the way that its address names."""

from bot.exchange.channel import Channel, Keys, Parcel, Receipt, Refused
from bot.ids import EventId, RoomId
from bot.notify.mail import Mail
from bot.notify.webhook import Webhook
from bot.outbox.model import MAIL, Audience, is_outside


class Ways:
    """Matrix, and what else the configuration allows."""

    def __init__(self, matrix: Channel, mail: Mail | None, webhook: Webhook | None) -> None:
        self._matrix = matrix
        self._mail = mail
        self._webhook = webhook

    async def send(self, parcel: Parcel) -> Receipt:
        """As :meth:`Channel.send`; a way that is not configured (any more) is refused."""
        if not is_outside(parcel.room):
            return await self._matrix.send(parcel)
        way = self._mail if parcel.room.startswith(MAIL) else self._webhook
        if way is None:
            raise Refused(reason="not-configured")
        return await way.send(parcel)

    async def find(self, parcel: Parcel) -> Receipt | None:
        """As :meth:`Channel.find`; only a room can be looked at."""
        return await self._matrix.find(parcel) if not is_outside(parcel.room) else None

    async def top_up(self, room: RoomId, audience: Audience) -> Keys:
        """As :meth:`Channel.top_up`; only rooms have devices."""
        return await self._matrix.top_up(room, audience)

    async def withdraw(self, room: RoomId, event: EventId, txn_id: str) -> None:
        """As :meth:`Channel.withdraw`; only rooms have events."""
        await self._matrix.withdraw(room, event, txn_id)
