"""What is said about an import, in words."""

from bot.directory.model import Problem
from bot.i18n.catalogue import say
from bot.i18n.rich import Rich, code


def say_problem(problem: Problem, language: str) -> Rich:
    """``file:line: what is wrong``, in one line."""
    where = code(f"{problem.source}:")
    return where + Rich(" ", " ") + say(language, f"directory-problem-{problem.code}", **problem.values)
