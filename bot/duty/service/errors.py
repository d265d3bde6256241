"""What can be wrong with a change of a roster."""

from bot.errors import NotDone


class NotOnStaff(NotDone):
    """{person} is not listed as staff of {organisation}. The roster was not changed."""

    code = "duty-not-on-staff"


class BadRotation(NotDone):
    """A rotation needs at least one person and a period of whole days. The roster was not changed."""

    code = "duty-bad-rotation"


class BadPeriod(NotDone):
    """The end must come after the start. The roster was not changed."""

    code = "duty-bad-period"


class CalendarStranger(NotDone):
    """The calendar names people who are not, or not clearly, staff of {organisation}: {who}. The roster was not
    changed."""

    code = "duty-calendar-stranger"
