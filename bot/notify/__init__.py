"""Ways out of enlace that are not Matrix: OpenPGP mail and webhooks, and the sign of life to somebody outside, and the
letter when there is none."""

from bot.notify.heartbeat import Heartbeat
from bot.notify.mail import Mail
from bot.notify.silence import Silence
from bot.notify.ways import Ways
from bot.notify.webhook import Webhook

__all__ = ["Heartbeat", "Mail", "Silence", "Ways", "Webhook"]
