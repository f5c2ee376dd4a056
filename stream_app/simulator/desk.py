"""What the people at the desk do: take conversations from the queue, answer, set aside, solve."""

from stream_app.simulator.case import Case
from stream_app.simulator.plan import HOUR
from stream_app.simulator.staff import Team
from stream_app.simulator.world import World

_SPREAD = 0.6


def queues(world: World, case: Case) -> None:
    """A conversation waits for its team, whose free people take it up."""
    if case.live and case.status != "bot":
        team = world.teams[case.team]
        team.wait(case, world.now)
        _take_up(world, team)


def shift_changes(world: World, case: Case) -> None:
    """Every quarter of an hour: whoever has come on duty takes up what waits."""
    for team in world.teams.values():
        _take_up(world, team)
    if world.busy:
        world.at(world.now + HOUR / 4, "shift_changes", case)


def _take_up(world: World, team: Team) -> None:
    while (taken := team.take(world.now)) is not None:
        case, agent = taken
        if case.agent is None or world.chance(0.15):
            case.agent = agent
            world.journal.assigned(case)
        if case.status == "new":
            world.journal.status(case, "open", "agent")
        if world.chance(0.12):
            world.at(world.between(10, 60), "notes", case)
        world.at(world.after(case.channel.handle, _SPREAD), "answers", case)


def notes(world: World, case: Case) -> None:
    """A private note."""
    if case.live:
        world.journal.message(case, "agent", "note")


def answers(world: World, case: Case) -> None:
    """The answer is written, and the agent free for the next conversation."""
    team = world.teams[case.team]
    team.done(case)
    outage = world.outage(case.channel)
    if outage is not None:
        world.at(outage.end + world.random.randrange(60_000), "queues", case)
    elif case.live:
        world.journal.message(case, "agent")
        case.asked = False
        case.answers_left -= 1
        _go_on(world, case)
    _take_up(world, team)


def _go_on(world: World, case: Case) -> None:
    """What becomes of a conversation that has been answered."""
    if world.now < case.stuck_until:
        _hold(world, case)
    elif case.answers_left <= 0:
        _solve(world, case)
    elif (way := world.random.random()) < 0.62:
        _await_customer(world, case)
    elif way < 0.88:
        world.at(world.now, "considers", case)
    elif way < 0.95:
        _hold(world, case)
    else:
        _snooze(world, case)


def _solve(world: World, case: Case) -> None:
    world.journal.status(case, "solved", "agent")
    world.at(world.now, "considers_solution", case)


def _await_customer(world: World, case: Case) -> None:
    world.journal.status(case, "pending_customer", "agent")
    world.at(world.now, "considers", case)


def _hold(world: World, case: Case) -> None:
    if case.status != "on_hold":
        world.journal.status(case, "on_hold", "agent")
    hours = 9 if world.now < case.stuck_until else 2
    world.if_quiet(world.after(hours * 3600), "comes_back", case)


def _snooze(world: World, case: Case) -> None:
    until = int(world.after(4 * 3600)) // 60_000 * 60_000 + 60_000
    world.journal.status(case, "snoozed", "agent", until)
    world.if_quiet(until, "comes_back", case)


def comes_back(world: World, case: Case) -> None:
    """What was set aside needs work again; a stuck one gets a note and is set aside once more."""
    if not case.live:
        return
    if world.now < case.stuck_until:
        world.journal.message(case, "agent", "note")
        world.if_quiet(min(world.after(9 * 3600), case.stuck_until), "comes_back", case)
        return
    world.journal.status(case, "open", "system")
    world.at(world.now, "queues", case)


def gives_up(world: World, case: Case) -> None:
    """The customer has been silent for long: the help desk solves it by rule."""
    if case.live:
        world.journal.status(case, "solved", "system")
        case.asked = False
        world.at(world.now, "considers_solution", case)


def closes(world: World, case: Case) -> None:
    """Solved for good."""
    if case.status == "solved":
        world.journal.status(case, "closed", "system")
