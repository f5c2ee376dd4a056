"""The options of `pegel replay` and `pegel simulate`."""

from pathlib import Path
from typing import Annotated

import typer

FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="JSON lines or CSV; gzip is recognised.")
]
SpeedOption = Annotated[
    str, typer.Option("--speed", metavar="N|max", help="N times as fast as it happened.")
]
MapOption = Annotated[
    Path | None,
    typer.Option("--map", metavar="FILE", help="What the columns of a foreign file mean."),
]
ReplayTenantOption = Annotated[
    str | None,
    typer.Option(
        "--tenant", help="Instead of the events' own; for foreign files the policy's first."
    ),
]
SourceOption = Annotated[
    str | None,
    typer.Option("--source", help="Instead of the events' own; else replay/NAME-OF-THE-MAP."),
]
UntilOption = Annotated[
    str | None,
    typer.Option("--until", metavar="TIME", help="Leave out what is later, and end there."),
]
SkipOption = Annotated[
    int, typer.Option("--skip", min=0, help="Events that an earlier run has sent.")
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Stop at the first row that cannot be read.")
]
IntoLiveOption = Annotated[
    bool, typer.Option("--into-live", help="Send history to a tenant on live time as well.")
]
SeedOption = Annotated[int, typer.Option("--seed", help="The same seed gives the same traffic.")]
RateOption = Annotated[
    str, typer.Option("--rate", metavar="R|max", help="Events a second, mean of a week.")
]
HistoryOption = Annotated[
    str, typer.Option("--history", metavar="SPAN", help="How much past comes first, e.g. 3d.")
]
DurationOption = Annotated[
    str | None,
    typer.Option("--duration", metavar="SPAN", help="How long it goes on live; else for ever."),
]
CountOption = Annotated[
    int | None, typer.Option("--count", min=1, help="End after so many events.")
]
ConversationsOption = Annotated[
    int | None, typer.Option("--conversations", min=1, help="Open no more than so many.")
]
OutageOption = Annotated[
    list[str] | None,
    typer.Option(
        "--outage",
        metavar="CHANNEL@START+SPAN",
        help="A channel is down; START is a time, or a span after going live.",
    ),
]
TenantOption = Annotated[str | None, typer.Option("--tenant", help="Default: the policy's first.")]
StartOption = Annotated[
    str | None,
    typer.Option("--start", metavar="TIME", help="Time of the first event, for --to-file."),
]
ToFileOption = Annotated[
    Path | None,
    typer.Option("--to-file", metavar="FILE", help="JSON lines (.gz: packed) instead of Kafka."),
]
