"""What can go wrong between enlace and its homeserver."""

from datetime import timedelta

from bot.errors import NotDone, ServiceError


class HomeserverAway(ServiceError):
    """The homeserver cannot be reached now: {reason}."""

    code = "homeserver-away"


class Limited(HomeserverAway):
    """The homeserver asks to wait {seconds} seconds."""

    code = "homeserver-limited"

    def __init__(self, *, wait: timedelta) -> None:
        super().__init__(seconds=max(1, round(wait.total_seconds())))
        self.wait = wait


class Denied(ServiceError):
    """The homeserver refused: {reason}."""

    code = "homeserver-denied"

    def __init__(self, *, status: int, errcode: str, reason: str) -> None:
        super().__init__(reason=reason)
        self.status = status
        self.errcode = errcode


class LoggedOut(ServiceError):
    """The homeserver no longer accepts the access token of {user}."""

    code = "logged-out"


class LoginRefused(ServiceError):
    """The homeserver did not log {user} in: {reason}."""

    code = "login-refused"


class OwnDeviceChanged(ServiceError):
    """The homeserver shows other keys for enlace's own device {device} than its crypto store holds."""

    code = "own-device-changed"


class OwnDeviceNotSigned(ServiceError):
    """Enlace's own device {device} is not signed by its cross-signing identity."""

    code = "own-device-not-signed"


class IdentityReplaced(ServiceError):
    """The homeserver shows another master key for {user} than the one that enlace was set up with."""

    code = "identity-replaced"


class StoreUnsafe(ServiceError):
    """Others can read the directory of the crypto store, {path}."""

    code = "store-unsafe"


class RoomNotDone(NotDone):
    """The homeserver did not change the room: {reason}."""

    code = "room-not-done"


class RoomSlow(NotDone):
    """The room {room} did not become ready in time."""

    code = "room-slow"


class FileNotTaken(NotDone):
    """The file was not taken: {reason}."""

    code = "file-not-taken"
