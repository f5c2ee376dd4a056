"""What people ask of an alert: records of `engagement.command.v1`, keyed as the signal is."""

from typing import Final

import msgspec

ACKNOWLEDGE: Final = "acknowledge"
SNOOZE: Final = "snooze"
RELEASE: Final = "release"
ACTIONS: Final = frozenset({ACKNOWLEDGE, SNOOZE, RELEASE})


class Command(msgspec.Struct, omit_defaults=True, kw_only=True):
    """One command. `alert` names the episode, so that a late click cannot touch the next one."""

    action: str  # acknowledge | snooze | release (take either back)
    alert: str
    actor: str  # who asked, as the audit trail shows it: a pseudonym or a role, never a name
    until: str | None = None  # snooze: required; acknowledge: instead of the rule's `ack_expires`
    reason: str | None = None


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Command).decode


def encode_command(command: Command) -> bytes:
    """The value of a command record."""
    return _encode(command)


def decode_command(value: bytes) -> Command:
    """Decode a command. Raises msgspec.DecodeError naming the path that is wrong."""
    return _decode(value)
