"""The two ways in which the engine loses a partition or gives up."""


class FencedError(Exception):
    """This writer cannot commit any more: drop the state, and claim again if still the owner."""


class FatalError(Exception):
    """Going on would be wrong or is pointless: the process ends with exit code 1, and one line."""
