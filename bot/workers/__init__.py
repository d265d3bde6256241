"""The tasks of the running service: how they live and stop, and the upkeep that is nobody else's."""

from bot.workers.keeper import Keeper
from bot.workers.tasks import Worker, Workers, periodic

__all__ = ["Keeper", "Worker", "Workers", "periodic"]
