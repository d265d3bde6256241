"""The directory's use cases, and the register that the rest of the service asks."""

from bot.directory.rules.importing import plan_import
from bot.directory.service.changes import (
    Directory,
    FoundingClosed,
    NoIdentity,
    NoSuchPerson,
    NoSuchRoom,
    OpenQuestions,
    PlanHasProblems,
)
from bot.directory.service.profiles import BadProfile, read_profile, shipped, with_shipped
from bot.directory.service.register import BELL, Register
from bot.directory.service.wording import (
    by_urgency,
    language_name,
    one_line,
    say_choice,
    say_contact,
    say_found_by,
    say_other_names,
    say_problem,
)

__all__ = [
    "BELL",
    "BadProfile",
    "Directory",
    "FoundingClosed",
    "NoIdentity",
    "NoSuchPerson",
    "NoSuchRoom",
    "OpenQuestions",
    "PlanHasProblems",
    "Register",
    "by_urgency",
    "language_name",
    "one_line",
    "plan_import",
    "read_profile",
    "say_choice",
    "say_contact",
    "say_found_by",
    "say_other_names",
    "say_problem",
    "shipped",
    "with_shipped",
]
