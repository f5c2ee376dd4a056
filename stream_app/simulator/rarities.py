"""What happens seldom: spam, deletions, merges, tags, other teams, priorities and channels, campaigns."""

from stream_app.simulator.case import Case
from stream_app.simulator.channels import CHANNELS, TAGS, TEAMS
from stream_app.simulator.customers import new_case
from stream_app.simulator.plan import HOUR
from stream_app.simulator.world import World

STUCK = 0.003  # share of conversations that nobody can solve for days
_STEPS = (
    (0.10, 30, 900, "is_tagged"),
    (0.05, 60, 1800, "changes_team"),
    (0.03, 60, 3600, "changes_priority"),
    (0.004, 120, 3600, "changes_channel"),
    (0.004, 20, 120, "takes_back"),
    (0.003, 60, 3600, "is_deleted"),
    (0.012, 60, 600, "is_written_twice"),
    (0.010, 600, 7200, "gets_campaign"),
    (0.006, 600, 3600, "is_unassigned"),
)


def rarely(world: World, case: Case) -> None:
    """Decide at the beginning what will be special about a conversation."""
    if case.stuck_until:
        return
    if world.chance(case.channel.spam):
        world.at(world.between(30, 900), "is_spam", case)
    elif world.chance(STUCK):
        case.stuck_until = int(world.now + world.random.uniform(50, 150) * HOUR)
    else:
        for share, least, most, action in _STEPS:
            if world.chance(share):
                world.at(world.between(least, most), action, case)


def is_spam(world: World, case: Case) -> None:
    if case.live:
        world.journal.ends(case, "spam")


def is_deleted(world: World, case: Case) -> None:
    if case.live:
        world.journal.ends(case, "deleted")


def is_tagged(world: World, case: Case) -> None:
    if case.live:
        world.journal.tagged(case, world.random.sample(TAGS, world.random.randint(1, 2)))


def changes_team(world: World, case: Case) -> None:
    """Another team takes over; not while somebody works on it or it waits in a queue."""
    if case.live and not case.queued and case.id not in world.teams[case.team].working:
        case.team = world.random.choice([team.name for team in TEAMS if team.name != case.team])
        case.agent = None
        world.journal.assigned(case, team=True)
        if case.asked:
            world.at(world.now, "queues", case)


def changes_priority(world: World, case: Case) -> None:
    if case.live:
        world.journal.priority(case, "urgent" if case.priority in ("high", "urgent") else "high")


def changes_channel(world: World, case: Case) -> None:
    if case.live:
        case.channel = world.random.choice([c for c in CHANNELS if c is not case.channel])
        world.journal.channel(case, case.channel.name)


def takes_back(world: World, case: Case) -> None:
    """The last message is deleted."""
    if case.live:
        world.journal.message_deleted(case)


def is_unassigned(world: World, case: Case) -> None:
    if case.live and case.agent is not None:
        case.agent = None
        world.journal.assigned(case)


def gets_campaign(world: World, case: Case) -> None:
    """A mass mailing reaches somebody who is waiting; it is no answer."""
    if case.live:
        world.journal.message(case, "agent", campaign=True)


def is_written_twice(world: World, case: Case) -> None:
    """The same customer asks the same on another channel; somebody notices and merges the two."""
    twin = new_case(world, world.random.choice([c for c in CHANNELS if not c.chat]))
    if case.live and world.outage(twin.channel) is None:
        world.opened += 1
        twin.customer, twin.team = case.customer, case.team
        world.journal.created(twin, "customer", None)
        world.journal.message(twin, "customer")
        twin.target = case.id
        world.at(world.between(300, 2400), "is_merged", twin)


def is_merged(world: World, twin: Case) -> None:
    """The twin disappears; now and then its customer still writes there."""
    assert twin.target is not None
    world.journal.ends(twin, "merged", twin.target)
    if world.chance(0.2):
        world.at(world.between(60, 3600), "writes_to_the_merged", twin)


def writes_to_the_merged(world: World, twin: Case) -> None:
    world.journal.message(twin, "customer")
