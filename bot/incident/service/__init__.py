"""Use cases of incidents, and what the workers do for them."""

from bot.incident.service.incidents import Incidents
from bot.incident.service.ledger import Rooms
from bot.incident.service.works import KINDS

__all__ = ["KINDS", "Incidents", "Rooms"]
