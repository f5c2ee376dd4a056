"""The organisation in tables: its channels with their rhythms, its teams, its priorities."""

from dataclasses import dataclass
from typing import Final

Hours = tuple[float, ...]

# Relative traffic per local hour, 0 to 23.
OFFICE: Final[Hours] = (
    0.02, 0.01, 0.01, 0.01, 0.02, 0.05, 0.15, 0.45, 1.00, 1.40, 1.50, 1.35,
    0.95, 1.05, 1.30, 1.35, 1.20, 0.85, 0.45, 0.30, 0.22, 0.15, 0.08, 0.04,
)  # fmt: skip
EVENING: Final[Hours] = (
    0.25, 0.15, 0.10, 0.08, 0.08, 0.10, 0.20, 0.40, 0.65, 0.80, 0.90, 0.95,
    1.05, 1.00, 0.95, 0.95, 1.00, 1.15, 1.35, 1.55, 1.60, 1.40, 0.95, 0.50,
)  # fmt: skip
ROUND: Final[Hours] = (
    0.35, 0.25, 0.20, 0.20, 0.20, 0.25, 0.40, 0.70, 1.00, 1.20, 1.30, 1.25,
    1.15, 1.15, 1.20, 1.20, 1.15, 1.10, 1.05, 1.05, 1.00, 0.85, 0.65, 0.50,
)  # fmt: skip

# Relative traffic per weekday, Monday to Sunday.
WORKWEEK: Final = (1.30, 1.15, 1.10, 1.05, 1.00, 0.25, 0.15)
FLAT_WEEK: Final = (1.05, 1.00, 1.00, 1.00, 1.05, 0.95, 0.90)
LEISURE: Final = (0.90, 0.90, 0.90, 0.95, 1.05, 1.20, 1.15)


@dataclass(frozen=True, slots=True)
class Channel:
    """One way to reach the organisation. Durations are seconds."""

    name: str
    share: float  # of all conversations
    hours: Hours
    week: tuple[float, ...]
    handle: float  # an agent's time for one answer, median
    think: float  # a customer's time until the next message, median
    bot: float = 0.0  # share that a bot answers first
    chat: bool = False  # short messages, several in a row; closed by silence within hours
    spam: float = 0.0


CHANNELS: Final = (
    Channel("email", 0.27, OFFICE, WORKWEEK, 420, 9_000, spam=0.04),
    Channel("webchat", 0.20, ROUND, FLAT_WEEK, 110, 70, bot=0.7, chat=True),
    Channel("whatsapp", 0.19, EVENING, FLAT_WEEK, 130, 160, bot=0.5, chat=True, spam=0.01),
    Channel("portal", 0.11, OFFICE, WORKWEEK, 480, 7_200),
    Channel("phone", 0.10, OFFICE, WORKWEEK, 240, 1_800),
    Channel("instagram", 0.06, EVENING, LEISURE, 140, 400, chat=True, spam=0.03),
    Channel("facebook", 0.05, EVENING, LEISURE, 150, 500, bot=0.3, chat=True, spam=0.03),
    Channel("sms", 0.02, ROUND, FLAT_WEEK, 120, 600, chat=True),
)
BY_NAME: Final = {channel.name: channel for channel in CHANNELS}


@dataclass(frozen=True, slots=True)
class TeamShape:
    """A team's part of the work, and the share of its people on duty per local hour."""

    name: str
    share: float
    duty: Hours
    weekend: float  # of the duty on workdays


_DAY_CREW: Final[Hours] = (*[0.04] * 7, 0.3, 0.8, *[1.0] * 4, 0.8, *[1.0] * 3, 0.8, 0.45, 0.3,
                           0.15, 0.1, 0.06, 0.04)  # fmt: skip
_LONG_CREW: Final[Hours] = (*[0.12] * 6, 0.25, 0.6, 0.9, *[1.0] * 10, 0.95, 0.9, 0.7, 0.4, 0.2)

TEAMS: Final = (
    TeamShape("first line", 0.44, _LONG_CREW, 0.75),
    TeamShape("orders", 0.20, _LONG_CREW, 0.6),
    TeamShape("billing", 0.16, _DAY_CREW, 0.3),
    TeamShape("technical", 0.15, _DAY_CREW, 0.4),
    TeamShape("claims", 0.05, _DAY_CREW, 0.25),
)

PRIORITY_SHARES: Final = (("low", 0.15), ("normal", 0.62), ("high", 0.18), ("urgent", 0.05))
TAGS: Final = ("invoice", "delivery", "login", "refund", "outage", "upgrade", "warranty", "vip")
EVENTS_PER_CONVERSATION: Final = 10.6  # measured over a week; turns events per second into arrivals
