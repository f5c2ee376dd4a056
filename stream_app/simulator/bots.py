"""What bots do: answer first, solve the easy ones, hand the others over to people."""

from stream_app.simulator.case import Case
from stream_app.simulator.world import World


def bot_greets(world: World, case: Case) -> None:
    """The first answer comes from a bot within seconds."""
    if case.status != "bot":
        return
    world.journal.message(case, "bot")
    case.asked = False
    if world.chance(0.3):
        world.at(world.between(40, 240), "bot_solves", case)
    else:
        world.at(world.between(5, 50), "talks_to_bot", case)
        world.at(world.between(60, 150), "bot_hands_over", case)


def talks_to_bot(world: World, case: Case) -> None:
    """The customer answers the bot, and the bot asks on."""
    if case.status == "bot":
        world.journal.message(case, "customer")
        case.asked = True
        world.at(world.between(1, 4), "bot_asks_on", case)


def bot_asks_on(world: World, case: Case) -> None:
    if case.status == "bot":
        world.journal.message(case, "bot")


def bot_hands_over(world: World, case: Case) -> None:
    """From here on people are needed."""
    if case.status == "bot":
        world.journal.status(case, "open", "bot")
        case.asked = True
        world.at(world.now, "queues", case)


def bot_solves(world: World, case: Case) -> None:
    """The bot's answer was enough, unless the customer has something to add."""
    if case.status != "bot":
        return
    if world.chance(0.15):
        bot_hands_over(world, case)
        return
    world.journal.message(case, "bot")
    world.journal.status(case, "solved", "bot")
    case.asked = False
    world.at(world.now, "considers_solution", case)
