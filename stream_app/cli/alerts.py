"""`pegel alerts`: look at alerts, acknowledge and snooze them, and try out a receiver.

Reads and writes Kafka itself, so it works without a worker at hand and without a wall; who may do so
is for the broker to say.
"""

import asyncio
import getpass
import os
from typing import Annotated, Final, Literal

import typer

from schemas.commands import ACKNOWLEDGE, RELEASE, SNOOZE, Command
from schemas.instants import format_ms
from schemas.outputs import Alert
from stream_app.adapters.alert_topic import AlertTopic, alert_topic
from stream_app.adapters.clock import now_ms
from stream_app.cli.alert_history import (
    RESOLVED,
    Filters,
    as_data,
    chosen,
    named,
    refusal,
    shows,
)
from stream_app.cli.alert_reading import read, read_all
from stream_app.cli.alert_tables import show_list, show_one
from stream_app.cli.options import (
    BrokerOption,
    JsonOption,
    PolicyOption,
    examples,
    load_settings,
    parse_span,
)
from stream_app.cli.output import console, note, print_json
from stream_app.cli.receiver_trial import try_out_receiver
from stream_app.cli.timeline import moment
from stream_app.errors import UserError
from stream_app.settings import Settings
from stream_app.wall.answers import Refusal
from stream_app.wall.commands import CommandWriter

app = typer.Typer(
    rich_markup_mode="rich",
    no_args_is_help=True,
    help="See which alerts are open and what became of them, acknowledge and snooze them.",
    epilog=examples(
        "pegel alerts list",
        "pegel alerts list --channel email --state acknowledged",
        "pegel alerts show v1-3f29  # the beginning of an identity is enough",
        'pegel alerts ack v1-3f29 --as shift-lead --reason "calling them now"',
        "pegel alerts snooze v1-3f29 --for 2h --reason 'waiting for the carrier'",
        "pegel alerts unack v1-3f29  # take either back",
        "pegel alerts test support-chat --policy policy.yaml  # does it get through?",
    ),
)

EFFECT_SECONDS: Final = 15.0
_MOST_REASON: Final = 500
State = Literal["pending", "firing", "acknowledged", "snoozed", "resolved"]

AlertArgument = Annotated[
    str, typer.Argument(help="Identity of the alert, or enough of its beginning.")
]
ActorOption = Annotated[
    str | None,
    typer.Option(
        "--as",
        metavar="NAME",
        help="Who does this, as the history shows it: better a role than a person. "
        "[dim]\\[env: PEGEL_ACTOR, else the name of your login][/dim]",
        show_default=False,
    ),
]
ReasonOption = Annotated[
    str | None, typer.Option("--reason", metavar="TEXT", help="Why; shown in the history.")
]


@app.command(name="list")
def list_command(
    tenant: Annotated[str | None, typer.Option("--tenant", help="Only of this tenant.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Only of this rule.")] = None,
    state: Annotated[
        State | None,
        typer.Option(
            "--state", help="Only in this state. [dim]\\[default: all but resolved][/dim]"
        ),
    ] = None,
    channel: Annotated[str | None, typer.Option("--channel", help="Only of this channel.")] = None,
    broker: BrokerOption = None,
    as_json: JsonOption = False,
) -> None:
    """List alerts, gravest and oldest first. Times are UTC."""
    settings = load_settings(broker=broker)
    found = chosen(asyncio.run(read_all(settings)), Filters(tenant, rule, state, channel))
    if as_json:
        print_json([as_data(episode.alert) for episode in found])
    elif found:
        show_list(found, console())
    else:
        note(f"no alert is {state or 'open'}")


@app.command(name="show")
def show_command(
    alert: AlertArgument, broker: BrokerOption = None, as_json: JsonOption = False
) -> None:
    """Show one alert with its history: what happened, when, by whom, and who was told.

    The history reaches as far back as the topic keeps its records: 30 days.
    """
    episode = named(asyncio.run(read_all(load_settings(broker=broker))), alert)
    if as_json:
        print_json({"alert": as_data(episode.alert), "trail": episode.trail()})
    else:
        show_one(episode, console())


@app.command(name="ack")
def ack_command(
    alert: AlertArgument,
    span: Annotated[
        str | None,
        typer.Option("--for", metavar="SPAN", help="How long, e.g. 2h; else as the rule says."),
    ] = None,
    actor: ActorOption = None,
    reason: ReasonOption = None,
    broker: BrokerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Say that somebody takes care: no more reminders until the acknowledgement expires."""
    until = _until(span) if span else None
    command = _command(ACKNOWLEDGE, actor, reason, until)
    _act(load_settings(broker=broker), alert, command, as_json)


@app.command(name="snooze")
def snooze_command(
    alert: AlertArgument,
    span: Annotated[str, typer.Option("--for", metavar="SPAN", help="How long, e.g. 1h or 2d.")],
    actor: ActorOption = None,
    reason: ReasonOption = None,
    broker: BrokerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Be quiet about an alert for a while; then it fires again, unless it is over."""
    command = _command(SNOOZE, actor, reason, _until(span))
    _act(load_settings(broker=broker), alert, command, as_json)


@app.command(name="unack")
def unack_command(
    alert: AlertArgument,
    actor: ActorOption = None,
    reason: ReasonOption = None,
    broker: BrokerOption = None,
    as_json: JsonOption = False,
) -> None:
    """Take an acknowledgement or a snooze back: the alert fires again at once."""
    _act(load_settings(broker=broker), alert, _command(RELEASE, actor, reason), as_json)


@app.command(name="test")
def try_command(
    receiver: Annotated[str, typer.Argument(help="Name of a receiver in the policy file.")],
    policy: PolicyOption = None,
    as_json: JsonOption = False,
) -> None:
    """Send a test message to a receiver, by the way that alerts go, and say what came of it.

    It is marked as a test and goes out at once, whatever the receiver's calendar says. Where a pager
    keeps incidents open, a second message ends it.
    """
    sent = asyncio.run(try_out_receiver(load_settings(policy=policy), receiver))
    if as_json:
        print_json([each._asdict() for each in sent])
    for each in sent:
        if not as_json and each.ok:
            note(f"{receiver}: {each.what}: taken")
    failed = [f"{each.what}: {each.problem}" for each in sent if not each.ok]
    if failed:
        raise UserError(
            f"{receiver} did not take it: {'; '.join(failed)}",
            "check address, secret and network; docs/notifications.md says what answers mean",
        )


def _command(
    action: str, actor: str | None, reason: str | None, until: str | None = None
) -> Command:
    """A command about an alert that is not known yet."""
    name = actor or os.environ.get("PEGEL_ACTOR") or getpass.getuser()
    if not name.isprintable() or len(name) > 100:
        raise typer.BadParameter("--as: up to 100 printable characters")
    if reason is not None and len(reason) > _MOST_REASON:
        raise typer.BadParameter(f"--reason: up to {_MOST_REASON} characters")
    return Command(action=action, alert="", actor=f"cli/{name}", until=until, reason=reason)


def _until(span: str) -> str:
    ms = parse_span("--for", span)
    if ms <= 0:
        raise typer.BadParameter("--for: more than nothing, e.g. 1h")
    return format_ms(now_ms() + ms)


def _act(settings: Settings, name: str, command: Command, as_json: bool) -> None:
    alert = asyncio.run(_asked(settings, name, command))
    if alert.state == RESOLVED:
        raise UserError(f"{alert.alert} was over before that", "nothing is left to do")
    if as_json:
        print_json(as_data(alert))
    else:
        until = f" until {moment(command.until)} UTC" if command.until else ""
        note(f"{alert.alert} is {alert.state}{until}, by {command.actor}")


async def _asked(settings: Settings, name: str, command: Command) -> Alert:
    """Write a command, and wait until the alert topic shows what became of it."""
    async with alert_topic(settings) as topic:
        episode = named(await read(topic), name)
        refused = refusal(command, episode.alert)
        if refused is not None:
            raise refused
        command.alert = episode.alert.alert
        await _write(settings, episode.key, command)
        try:
            async with asyncio.timeout(EFFECT_SECONDS):
                return await _effect(topic, command)
        except TimeoutError:
            raise UserError(
                f"the command is written, but {command.alert} has not changed within "
                f"{EFFECT_SECONDS:.0f} s",
                "is a worker running? `pegel doctor` looks; the command is not lost",
            ) from None


async def _write(settings: Settings, key: bytes, command: Command) -> None:
    writer = CommandWriter(settings)
    try:
        await writer.write(key, command)
    except Refusal as not_taken:
        raise UserError(not_taken.problem.detail, not_taken.problem.remedy) from not_taken
    finally:
        await writer.close()


async def _effect(topic: AlertTopic, command: Command) -> Alert:
    while True:
        found = shows(command, [told.alert for told in await topic.more()])
        if found is not None:
            return found
