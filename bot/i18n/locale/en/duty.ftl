# Duty: rosters and office hours.
error-bad-office-hours = “{ $value }” are no office hours that I can read.
    .hint = Write them like `Mon-Fri 09:00-18:00`, `Sun-Thu 08:00-16:00` or `24/7`, in the organisation's own time.
error-duty-not-on-staff = { $person } is not listed as staff of { $organisation }. The roster was not changed.
    .hint = A lead adds people with `!people add`.
error-duty-bad-rotation = A rotation needs at least one person and a period of whole days. The roster was not changed.
error-duty-bad-period = The end must come after the start. The roster was not changed.
