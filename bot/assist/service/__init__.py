"""Use cases of help, within the caller's unit: offers, requests, who takes one, and what becomes of the rest."""

from bot.assist.service.assist import BELL, Assist, Taken
from bot.assist.service.framework import area_name, framework, lexicon, service_name

__all__ = ["BELL", "Assist", "Taken", "area_name", "framework", "lexicon", "service_name"]
