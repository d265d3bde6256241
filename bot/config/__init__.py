"""Typed settings of one deployment: what they are, how they are read, and their reference page."""

from bot.config.model import Config
from bot.config.problems import ConfigError, ConfigProblem
from bot.config.reading import load_config
from bot.config.reference import settings_reference

__all__ = ["Config", "ConfigError", "ConfigProblem", "load_config", "settings_reference"]
