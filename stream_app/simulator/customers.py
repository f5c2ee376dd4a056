"""What customers do: open conversations, write several messages in a row, come back, or fall silent."""

from random import Random

from stream_app.simulator.case import GONE, SET_ASIDE, Case
from stream_app.simulator.channels import PRIORITY_SHARES, TAGS, TEAMS, Channel
from stream_app.simulator.world import World

_TEAM_NAMES = [team.name for team in TEAMS]
_TEAM_SHARES = [team.share for team in TEAMS]
_PRIORITIES = [name for name, _ in PRIORITY_SHARES]
_PRIORITY_WEIGHTS = [share for _, share in PRIORITY_SHARES]


def new_case(world: World, channel: Channel) -> Case:
    """A conversation that does not exist yet."""
    random = world.random
    return Case(
        id=world.new_id(),
        channel=channel,
        team=random.choices(_TEAM_NAMES, _TEAM_SHARES)[0],
        priority=random.choices(_PRIORITIES, _PRIORITY_WEIGHTS)[0],
        customer=f"{random.getrandbits(64):016x}",
        answers_left=_answers(random),
        opened_at=world.now,
    )


def _answers(random: Random) -> int:
    answers = 1
    while answers < 6 and random.random() < 0.42:
        answers += 1
    return answers


def opens(world: World, case: Case) -> None:
    """A customer starts a conversation; a bot or the desk takes it up."""
    world.opened += 1
    case.opened_at = world.now
    bot = world.chance(case.channel.bot) and not case.stuck_until
    case.status = "bot" if bot else "new"
    if not case.channel.chat or world.chance(0.9):  # some sources know messages only
        tags = world.random.sample(TAGS, 1) if world.chance(0.25) else None
        world.journal.created(case, "customer", tags)
    world.journal.message(case, "customer")
    case.asked = True
    if case.channel.chat and world.chance(0.45):
        world.at(world.between(4, 45), "adds", case)
    world.at(world.between(1, 5) if bot else world.now, "bot_greets" if bot else "queues", case)
    world.at(world.now, "rarely", case)


def adds(world: World, case: Case) -> None:
    """One more message right after the last."""
    if case.live:
        _says(world, case)
        if world.chance(0.35):
            world.at(world.between(4, 60), "adds", case)


def writes(world: World, case: Case) -> None:
    """The customer comes back, maybe with several messages in a row."""
    if case.status not in GONE:
        _says(world, case)
        if world.chance(0.4 if case.channel.chat else 0.08):
            world.at(world.between(4, 60), "adds", case)


def _says(world: World, case: Case) -> None:
    """A question, which opens again what was set aside or solved."""
    world.journal.message(case, "customer")
    case.asked = True
    case.answers_left = max(case.answers_left, 1)
    if case.status in SET_ASIDE and case.channel.chat:
        case.status = "open"  # chats leave it to whoever reads the message
    elif case.status in SET_ASIDE:
        world.journal.status(case, "open", "customer")
    world.at(world.now, "queues", case)


def considers(world: World, case: Case) -> None:
    """After an answer that needs one from the customer: write, or fall silent."""
    if world.chance(0.12):
        world.at(world.between(2, 40), "reacts", case)
    if world.chance(0.8):
        world.if_quiet(world.after(case.channel.think, 1.0), "writes", case)
    silence = 3 * 3600 if case.channel.chat else 22 * 3600
    world.if_quiet(world.between(silence, 1.6 * silence), "gives_up", case)


def considers_solution(world: World, case: Case) -> None:
    """After a solution: a thumbs-up, a survey, sometimes "it still does not work"."""
    if world.chance(0.2):
        world.at(world.between(5, 600), "reacts", case)
    if world.chance(0.15):
        world.at(world.between(60, 300), "is_asked", case)
    if world.chance(0.07):
        world.at(world.after(3 * 3600, 1.2), "writes", case)
    world.at(world.between(6 * 3600, 30 * 3600), "closes", case)


def reacts(world: World, case: Case) -> None:
    """A reaction; it asks nothing."""
    if case.status not in GONE:
        world.journal.message(case, "customer", "reaction")


def is_asked(world: World, case: Case) -> None:
    """The survey after a solution."""
    if case.status in ("solved", "closed"):
        world.journal.message(case, "system", "survey")
