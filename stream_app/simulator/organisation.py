"""The organisation put together: its actions by name, its arrivals, and the cases of the demo."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Final

from stream_app.simulator import bots, customers, desk, rarities
from stream_app.simulator.case import Case
from stream_app.simulator.channels import CHANNELS, Channel
from stream_app.simulator.journal import Happening
from stream_app.simulator.plan import HOUR, MINUTE, Plan
from stream_app.simulator.rhythm import Rhythm
from stream_app.simulator.world import Action, World

# Ages at `live_from` of conversations that stay unresolved: some have been so for 48 h, and the
# others reach it one after the other in the first hour of live traffic.
_LIMIT: Final = 48 * HOUR
OVERDUE: Final = tuple(_LIMIT + minutes * MINUTE for minutes in (20, 100, 310, 700))
SOON: Final = tuple(_LIMIT - minutes * MINUTE for minutes in (1, 2, 3, 5, 8, 13, 21, 34, 55))
_STAYS: Final = 6 * HOUR  # at least so long after `live_from`


def happenings(plan: Plan) -> Iterator[Happening]:
    """What happens, in order of time."""
    rhythms = {channel.name: Rhythm(plan, channel) for channel in CHANNELS}
    world = World(plan, {**ACTIONS, "arrives": partial(_arrives, rhythms)})
    for channel in CHANNELS:
        _announce(rhythms, world, channel)
    _plant(world)
    world.at(plan.start, "shift_changes", customers.new_case(world, CHANNELS[0]))
    for time, event in world.play():
        if plan.until is not None and time >= plan.until:
            return
        yield time, event


def _announce(rhythms: Mapping[str, Rhythm], world: World, channel: Channel) -> None:
    time = rhythms[channel.name].next_after(world.now)
    world.at(time, "arrives", customers.new_case(world, channel))


def _arrives(rhythms: Mapping[str, Rhythm], world: World, case: Case) -> None:
    most = world.plan.conversations
    if most is None or world.opened < most:
        if world.outage(case.channel) is None:  # the rate knows outages to five minutes only
            customers.opens(world, case)
        _announce(rhythms, world, case.channel)


def _plant(world: World) -> None:
    """The conversations that the demo needs; only with enough history before `live_from`."""
    live_from = world.plan.live_from
    if live_from is None:
        return
    for age in (*OVERDUE, *SOON):
        if live_from - age >= world.plan.start:
            channel = world.random.choices(CHANNELS, [c.share for c in CHANNELS])[0]
            case = customers.new_case(world, channel)
            case.stuck_until = int(live_from + _STAYS + world.random.randrange(24) * HOUR)
            world.at(live_from - age, "opens", case)


ACTIONS: Final[Mapping[str, Action]] = {
    "adds": customers.adds,
    "answers": desk.answers,
    "bot_asks_on": bots.bot_asks_on,
    "bot_greets": bots.bot_greets,
    "bot_hands_over": bots.bot_hands_over,
    "bot_solves": bots.bot_solves,
    "changes_channel": rarities.changes_channel,
    "changes_priority": rarities.changes_priority,
    "changes_team": rarities.changes_team,
    "closes": desk.closes,
    "comes_back": desk.comes_back,
    "considers": customers.considers,
    "considers_solution": customers.considers_solution,
    "gets_campaign": rarities.gets_campaign,
    "gives_up": desk.gives_up,
    "is_asked": customers.is_asked,
    "is_deleted": rarities.is_deleted,
    "is_merged": rarities.is_merged,
    "is_spam": rarities.is_spam,
    "is_tagged": rarities.is_tagged,
    "is_unassigned": rarities.is_unassigned,
    "is_written_twice": rarities.is_written_twice,
    "notes": desk.notes,
    "opens": customers.opens,
    "queues": desk.queues,
    "rarely": rarities.rarely,
    "reacts": customers.reacts,
    "shift_changes": desk.shift_changes,
    "takes_back": rarities.takes_back,
    "talks_to_bot": bots.talks_to_bot,
    "writes": customers.writes,
    "writes_to_the_merged": rarities.writes_to_the_merged,
}
