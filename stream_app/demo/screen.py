"""What the demo looks like: one picture that renews itself on a terminal, plain lines elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from stream_app.demo.alerts import Line
from stream_app.demo.figures import Figures


@dataclass(slots=True)
class Picture:
    """Everything that is shown at one moment."""

    seconds: float  # since the demo began
    phase: str
    rate: float = 0.0  # events a second, lately
    figures: Figures = field(default_factory=Figures)
    newest: Sequence[Line] = ()
    alerts: int = 0  # that have begun to fire so far
    addresses: Sequence[tuple[str, str]] = ()
    worker: str = "http://127.0.0.1:6066"


def clock(seconds: float) -> str:
    """`4:05` for 245 seconds."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02}"


def draw(picture: Picture) -> RenderableType:
    """The picture for a terminal."""
    top = Text.assemble(("Pegel demo", "bold"), f"   running for {clock(picture.seconds)}")
    end = Text(f"Ctrl-C ends everything. In another terminal: {hint(picture)}", style="dim")
    return Group(top, "", _addresses(picture), "", _figures(picture), "", _alerts(picture), "", end)


def hint(picture: Picture) -> str:
    """A command to try next, with the address of this demo's worker and something that it knows."""
    ids = [line.conversation for line in picture.newest if line.conversation]
    what = f"explain {ids[-1]}" if ids else "partition list"
    return f"pegel {what} --worker {picture.worker}"


def _grid() -> Table:
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    return grid


def _addresses(picture: Picture) -> Table:
    grid = _grid()
    for name, address in picture.addresses:
        grid.add_row(name, escape(address))
    return grid


def _figures(picture: Picture) -> Table:
    figures, grid = picture.figures, _grid()
    grid.add_row("phase", f"[bold]{picture.phase}[/bold]")
    grid.add_row("events", f"{figures.events:,}   [dim]{picture.rate:,.0f} a second[/dim]")
    grid.add_row("open", f"{figures.open:,}")
    grid.add_row("waiting", f"{figures.waiting:,}")
    grid.add_row("overdue", f"[{'red' if figures.overdue else 'green'}]{figures.overdue:,}[/]")
    rules = ", ".join(f"{rule} {count}" for rule, count in sorted(figures.firing.items()))
    grid.add_row("firing", rules or "nothing")
    return grid


def _alerts(picture: Picture) -> RenderableType:
    if not picture.newest:
        return Text("no alert yet", style="dim")
    grid = _grid()
    for line in reversed(picture.newest):
        colour = "red" if line.severity == "critical" else "yellow"
        what = f"[{colour}]{escape(line.rule)}[/]  {escape(line.subject)}"
        grid.add_row(line.since[:16].replace("T", " "), what)
    return Group(Text(f"newest of {picture.alerts:,} alerts", style="dim"), grid)


def plain(picture: Picture) -> str:
    """The picture as one line."""
    figures = picture.figures
    return (
        f"{clock(picture.seconds)} {picture.phase} | events {figures.events:,} "
        f"({picture.rate:,.0f}/s) | open {figures.open:,} | waiting {figures.waiting:,} | "
        f"overdue {figures.overdue:,} | firing {figures.firing.total():,}"
    )


def plain_alert(line: Line) -> str:
    """One alert as a line."""
    return f"alert firing: {line.rule} for {line.subject} ({line.severity}, since {line.since})"


def introduction(console: Console, addresses: Sequence[tuple[str, str]]) -> None:
    """What to open, for those who get plain lines."""
    for name, address in addresses:
        console.print(f"{name:<8} {address}", markup=False, soft_wrap=True)
