"""Errors that a person can mend. The command line prints them as one line, without a traceback."""


class UserError(Exception):
    """Something that the user gave is wrong; says what, where, and what to do about it."""

    def __init__(self, problem: str, remedy: str = "") -> None:
        super().__init__(f"{problem} — {remedy}" if remedy else problem)
        self.problem = problem
        self.remedy = remedy
