"""Believable figures for the wall: the simulator's organisation on a Monday morning, with some trouble.

Same shapes as the topics carry. Everything is drawn from one seed, so that pictures and tests repeat.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

from schemas.instants import format_ms, parse_ms
from stream_app.simulator.channels import CHANNELS, TEAMS, Channel

MINUTE: Final = 60_000
SLOT: Final = 30 * MINUTE
NOON: Final = parse_ms("2026-03-02T10:47:12Z")  # a Monday
TENANT: Final = "demo"
INTERVAL: Final = 2.0
_BUSY: Final = {"whatsapp": 2.7}  # times the usual volume in the last slots
_OVERDUE: Final = {"whatsapp": 7, "email": 2}
_AT_RISK: Final = {"whatsapp": 5, "webchat": 3, "instagram": 1, "email": 4}
_PER_SLOT: Final = 130.0  # conversations in half an hour, over all channels

Json = dict[str, Any]


def scope_key(scope: Mapping[str, str]) -> str:
    """A text that names a scope."""
    return ",".join(f"{name}={value}" for name, value in sorted(scope.items()))


@dataclass
class Organisation:
    """Views and alerts of one tenant at one moment."""

    now: int = NOON
    tenant: str = TENANT
    seed: int = 7
    views: dict[str, Json] = field(default_factory=dict)
    alerts: dict[str, Json] = field(default_factory=dict)
    frozen: set[str] = field(default_factory=set)  # scopes of which nothing new comes

    def __post_init__(self) -> None:
        random = Random(self.seed)
        parts = [self._channel_view(channel, random) for channel in CHANNELS]
        teams = [self._team_view(team.name, team.share, random) for team in TEAMS]
        for view in (self._whole(parts), *parts, *teams):
            self.views[scope_key(view["scope"])] = view
        for alert in self._alerts():
            self.alerts[alert["alert"]] = alert

    def view(self, **scope: str) -> Json:
        """The view of one scope."""
        return self.views[scope_key(scope)]

    def moved_to(self, now: int) -> Iterator[Json]:
        """All views again, fresh at another moment."""
        self.now = now
        for key, view in self.views.items():
            if key not in self.frozen:
                view["as_of"] = view["received_at"] = format_ms(now)
                yield view

    def _view(self, scope: Json, levels: Json, hour: Json) -> Json:
        quarter = {
            name: hour[name] // 4
            for name in ("messages_in", "messages_out", "opened", "solved", "reopened")
        }
        return {
            "tenant": self.tenant,
            "scope": scope,
            "as_of": format_ms(self.now),
            "received_at": format_ms(self.now),
            "complete": True,
            "missing_partitions": [],
            "levels": levels,
            "windows": {"15m": quarter, "1h": hour},
            "volume": {},
            "goals": [],
            "top": {},
        }

    def _channel_view(self, channel: Channel, random: Random) -> Json:
        rate = channel.share * _PER_SLOT
        overdue, at_risk = _OVERDUE.get(channel.name, 0), _AT_RISK.get(channel.name, 0)
        waiting = overdue + at_risk + int(rate * random.uniform(0.15, 0.4))
        wait = 4 * 3_600_000 + 1_375_000 if channel.name == "email" else overdue * 311_000
        oldest = self.now - max(wait, int(random.uniform(70, 210) * 1000))
        levels = self._levels(waiting, overdue, at_risk, oldest)
        view = self._view({"channel": channel.name}, levels, _hour(rate, overdue, random))
        view["volume"] = self._volume(channel, rate, random)
        view["top"] = self._top(channel, overdue, at_risk, random)
        return view

    def _team_view(self, team: str, share: float, random: Random) -> Json:
        rate = share * _PER_SLOT
        overdue = 3 if team == "first line" else 0
        waiting = overdue + int(rate * 0.4)
        levels = self._levels(waiting, overdue, overdue, self.now - 311_000 - overdue * 600_000)
        return self._view({"team": team}, levels, _hour(rate, overdue, random))

    def _whole(self, parts: list[Json]) -> Json:
        total = {n: sum(p["levels"][n] for p in parts) for n in ("waiting", "overdue", "at_risk")}
        oldest = min(parse_ms(p["levels"]["oldest_waiting_since"]) for p in parts)
        levels = self._levels(total["waiting"], total["overdue"], total["at_risk"], oldest)
        hour = dict.fromkeys(parts[0]["windows"]["1h"], 0) | {"first_reply_met_ratio": 0.873}
        for name in ("messages_in", "messages_out", "opened", "solved", "reopened"):
            hour[name] = sum(part["windows"]["1h"][name] for part in parts)
        view = self._view({}, levels, hour)
        for state in ("overdue", "at_risk", "waiting"):
            items = [item for part in parts for item in part["top"].get(state, [])]
            view["top"][state] = sorted(items, key=lambda item: item.get("due", item["since"]))[:10]
        view["goals"] = [
            {"name": "first reply today", "metric": "first_reply_met_ratio", "over": "24h",
             "target": 0.9, "state": "missed", "value": 0.873},
            {"name": "solved this week", "metric": "solved", "over": "7d", "target": 4200, "state": "met",
             "value": 4310},
        ]  # fmt: skip
        return view

    def _levels(self, waiting: int, overdue: int, at_risk: int, oldest: int) -> Json:
        return {
            "open": waiting * 4 + 11,
            "waiting": waiting,
            "overdue": overdue,
            "at_risk": at_risk,
            "unassigned": waiting // 3,
            "unattended": waiting,
            "oldest_waiting_seconds": (self.now - oldest) / 1000,
            "oldest_waiting_since": format_ms(oldest),
        }

    def _volume(self, channel: Channel, rate: float, random: Random) -> Json:
        end = self.now - self.now % SLOT
        history = []
        for back in range(24, -1, -1):
            start = end - back * SLOT
            hour = (start // 3_600_000 + 1) % 24  # the organisation lives an hour ahead of UTC
            expected = rate * channel.hours[hour]
            busy = _BUSY.get(channel.name, 1.0) if back < 3 else 1.0
            spread = 1.96 * (expected * 1.3) ** 0.5 + 0.5
            observed = max(0, round(random.gauss(expected * busy, expected**0.5)))
            low, high = max(0.0, expected - spread), expected + spread
            history.append(
                [start // 1000, observed, round(expected, 1), round(low, 1), round(high, 1)]
            )
        _, observed, expected, low, high = history[-1]
        verdict = "spike" if observed > high * 1.3 else "normal"
        if channel.name == "sms":
            verdict = "learning"
        return {
            "verdict": verdict, "observed": observed, "expected": expected, "low": low,
            "high": high, "over_seconds": 1800, "since": None, "explain": "", "history": history,
        }  # fmt: skip

    def _top(self, channel: Channel, overdue: int, at_risk: int, random: Random) -> Json:
        def item(due: int) -> Json:
            number = str(random.randrange(48_000, 52_000))
            return {
                "conversation": number,
                "source": f"desk/{channel.name}",
                "url": f"https://desk.example/conversations/{number}",
                "channel": channel.name,
                "team": random.choice(TEAMS).name,
                "priority": "normal",
                "clock": random.choice(("first_reply", "first_reply", "next_reply")),
                "due": format_ms(due),
                "since": format_ms(due - 300_000),
            }

        late = [item(self.now - int(random.uniform(20, 1300) * 1000)) for _ in range(overdue)]
        soon = [item(self.now + int(random.uniform(15, 280) * 1000)) for _ in range(at_risk)]
        return {"overdue": late, "at_risk": soon}

    def _alerts(self) -> list[Json]:
        late = self.view(channel="whatsapp")["top"]["overdue"]
        first, second = late[0]["conversation"], late[1]["conversation"]
        return [
            self._alert("volume_spike", "warning", {"kind": "channel", "channel": "whatsapp"}, 19),
            self._alert("first_reply_breached", "critical", _ticket("whatsapp", first), 6),
            self._alert("first_reply_breached", "critical", _ticket("whatsapp", second), 3),
            self._alert("ticket_unresolved", "warning", _ticket("email", "47113"), 95),
            self._alert("ticket_unresolved", "warning", _ticket("portal", "46987"), 260)
            | {"state": "acknowledged", "actor": "wall/support", "reason": "waits for the carrier"},
        ]

    def _alert(self, rule: str, severity: str, subject: Json, minutes: int) -> Json:
        at = format_ms(self.now - minutes * MINUTE - 23_000)
        return {
            "alert": f"{rule}-{subject.get('id', subject.get('channel'))}",
            "rule": rule,
            "tenant": self.tenant,
            "subject": subject,
            "episode": 1,
            "state": "firing",
            "since": at,
            "opened_at": at,
            "severity": severity,
            "explain": {},
            "notified": ["support"],
        }


def _ticket(channel: str, number: str) -> Json:
    return {"kind": "conversation", "source": f"desk/{channel}", "id": number, "channel": channel}


def _hour(rate: float, overdue: int, random: Random) -> Json:
    opened = int(rate * 2)
    median = random.uniform(60, 150)
    return {
        "messages_in": int(rate * 7.4),
        "messages_out": int(rate * 6.1),
        "opened": opened,
        "solved": max(0, opened + random.randrange(-6, 7) - overdue * 3),
        "reopened": int(rate * 0.1),
        "first_reply_seconds": {"count": opened, "sum": opened * median, "p50": median, "p90": median * 2.6},
        "first_reply_met_ratio": min(1.0, 0.985 - overdue * 0.032 - random.uniform(0, 0.04)),
        "next_reply_seconds": {"count": opened, "sum": opened * median, "p50": median * 1.4, "p90": median * 3},
        "next_reply_met_ratio": 0.951,
        "full_resolution_seconds": {"count": opened, "sum": 0.0, "p50": 5_400.0, "p90": 79_200.0},
        "full_resolution_met_ratio": 0.978,
    }  # fmt: skip


def split(organisation: Organisation, channel: str) -> None:
    """Add the views of a channel's teams."""
    whole = organisation.view(channel=channel)
    for place, team in enumerate(TEAMS[:4]):
        part = {**whole, "scope": {"channel": channel, "team": team.name}, "volume": {}}
        part["levels"] = {**whole["levels"], "waiting": 3 * place + 2, "overdue": place // 3}
        organisation.views[scope_key(part["scope"])] = part
