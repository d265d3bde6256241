"""Errors of the running service; the root and its rules stand in :mod:`keys.errors`."""

from keys.errors import EnlaceError

__all__ = ["EnlaceError", "NotDone", "ServiceError"]


class ServiceError(EnlaceError):
    """The service cannot go on."""

    code = "service"


class NotDone(EnlaceError):
    """What was asked for was not done."""

    code = "not-done"
