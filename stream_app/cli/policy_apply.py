"""`pegel policy apply`: say what a policy changes, and activate it everywhere."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from stream_app.adapters.topics import topic_name
from stream_app.cli.options import BrokerOption, JsonOption, examples, load_settings
from stream_app.cli.output import console, print_json, table
from stream_app.domain.policy import Policy
from stream_app.policies.activation import Activation, Done
from stream_app.policies.codec import UnreadableVersionError, decode_version, encode_version
from stream_app.policies.diff import Difference, differences
from stream_app.policies.topic import TOPIC, Known, PolicyTopic
from stream_app.policyfile import load_policy
from stream_app.settings import Settings

_STYLES = {"tightened": "red", "loosened": "green", "added": "cyan", "removed": "yellow"}
EPILOG = examples(
    "pegel policy apply policy.yaml",
    "pegel policy apply policy.yaml --dry-run  # only say what would change",
    "pegel policy apply policy.yaml --broker kafka:9092 --json",
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is active, and what a policy would change about it. `changes` None: nobody can say."""

    active: str | None
    changes: list[Difference] | None


def apply_command(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The policy file")],
    broker: BrokerOption = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and write nothing.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Activate a policy for all workers at once, and say what it changes.

    The version and its holidays are written to Kafka, then named in every partition: workers follow
    at the same place of the topic, today and in a replay. Running tickets keep their targets until
    their next event; alert rules hold for all of them at once. Applying what is active does nothing.
    """
    policy = load_policy(file)
    encode_version(policy)  # too large is said before anything is asked of a broker
    settings = load_settings(broker=broker)
    plan = asyncio.run(_plan(settings, policy))
    same = plan.active == policy.hash
    done = None if dry_run or same else asyncio.run(Activation(settings, policy).run())
    if as_json:
        print_json(_as_json(policy, plan, done, dry_run=dry_run))
    else:
        _print(policy, plan, done)


async def _plan(settings: Settings, policy: Policy) -> Plan:
    async with PolicyTopic(settings.broker, topic_name(settings, TOPIC)) as topic:
        known = await topic.read()
    if known.active is None:
        return Plan(None, None)
    former = _former(known, known.active.hash)
    return Plan(known.active.hash, None if former is None else differences(former, policy))


def _former(known: Known, version: str) -> Policy | None:
    try:
        return decode_version(known.versions[version])
    except (KeyError, UnreadableVersionError):
        return None  # written by another release: it is replaced all the same


def _print(policy: Policy, plan: Plan, done: Done | None) -> None:
    if plan.active == policy.hash:
        typer.echo(f"already active: version {policy.hash}")
        return
    if plan.active is None:
        typer.echo("no policy was active before")
    elif plan.changes is not None:
        rows = table("change", "where", "what")
        for change in plan.changes:
            style = _STYLES.get(change.kind, "")
            rows.add_row(f"[{style}]{change.kind}[/]" if style else change.kind, *_safe(change))
        console().print(rows)
    if done is None:
        typer.echo(f"dry run: version {policy.hash} was not activated")
    elif done.already:
        typer.echo(f"already active: version {policy.hash}")
    else:
        typer.echo(f"activated: version {policy.hash} in {len(done.places)} partitions")


def _safe(change: Difference) -> tuple[str, str]:
    return change.where.replace("[", "\\["), change.what.replace("[", "\\[")


def _as_json(policy: Policy, plan: Plan, done: Done | None, *, dry_run: bool) -> dict[str, Any]:
    places: dict[str, list[int]] = {}
    for topic, partition in done.places if done else []:
        places.setdefault(topic, []).append(partition)
    changes = None if plan.changes is None else [change.as_json() for change in plan.changes]
    return {
        "version": policy.hash,
        "previous": plan.active,
        "already_active": plan.active == policy.hash or bool(done and done.already),
        "dry_run": dry_run,
        "changes": changes,
        "partitions": places,
    }
