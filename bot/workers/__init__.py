"""The tasks of the running service: how they live and stop, and the upkeep that is nobody else's."""

from bot.workers.afterloss import AfterLoss
from bot.workers.jobs import JobLanes
from bot.workers.keeper import Keeper
from bot.workers.tasks import Work, Worker, Workers, periodic

__all__ = ["AfterLoss", "JobLanes", "Keeper", "Work", "Worker", "Workers", "periodic"]
