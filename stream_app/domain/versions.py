"""Every policy version that a process knows, ready to be asked; filled by whoever reads them.

Rules:
1. Versions are only ever added: a conversation may refer to any of them.
2. `initial` judges what stands in a partition before its first activation.
3. A version that was looked for and is not there is *unknown*; until somebody has looked it is *missing*,
   and who needs it has to wait.
"""

from collections.abc import Iterator, Mapping

from .policy import Policy
from .rules import Rules, compile_rules


class NotYetKnownError(Exception):
    """The version may still be on its way: ask again later, and go on with nothing until then."""


class UnknownVersionError(Exception):
    """There is no such version: everything that was written has been read."""


class Versions(Mapping[str, Rules]):
    """Compiled policy versions by hash."""

    def __init__(self, initial: Policy) -> None:
        self.initial = initial
        self.current = initial  # the one that was activated last, as screens and metrics show it
        self.missing: set[str] = set()  # asked for, and nobody has looked for it yet
        self.unknown: set[str] = set()  # looked for in vain
        self._policies: dict[str, Policy] = {initial.hash: initial}
        self._rules: dict[str, Rules] = {}

    @classmethod
    def of(cls, policy: "Policy | Versions") -> "Versions":
        """Versions as they are, or a policy that nobody will ever replace."""
        return policy if isinstance(policy, Versions) else cls(policy)

    def add(self, policy: Policy) -> None:
        """One more version."""
        self._policies.setdefault(policy.hash, policy)
        self.missing.discard(policy.hash)
        self.unknown.discard(policy.hash)

    def begin_with(self, version: str) -> None:
        """What holds before any activation. KeyError when it is not known."""
        self.initial = self._policies[version]

    def show(self, version: str) -> None:
        """The version that was activated last, if it is known."""
        self.current = self._policies.get(version, self.current)

    def ask(self, version: str) -> Rules:
        """The rules of a version. Raises UnknownVersionError, or NotYetKnownError and has it looked for."""
        if version in self._policies:
            return self[version]
        if version in self.unknown:
            raise UnknownVersionError(f"no policy version {version!r} was ever written")
        self.missing.add(version)
        raise NotYetKnownError(version)

    def looked_for(self, versions: set[str]) -> None:
        """Everything was read: of these, those that are still missing do not exist."""
        found = versions & self.missing
        self.missing -= found
        self.unknown |= found

    def __getitem__(self, version: str) -> Rules:
        rules = self._rules.get(version)
        if rules is None:
            rules = self._rules[version] = compile_rules(self._policies[version])
        return rules

    def __iter__(self) -> Iterator[str]:
        return iter(self._policies)

    def __len__(self) -> int:
        return len(self._policies)
