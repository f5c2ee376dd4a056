"""The clock table as people see it: a Mermaid state diagram, and one line for each clock."""

from typing import Final

from .clocks import CLOCKS, PAUSED, RUNNING, STATUS_NAMES, TRANSITIONS, ClockSpec, Happening, Verb

_WORDS: Final = {
    Verb.BEGIN: "begins",
    Verb.STREAK: "next question",
    Verb.FULFIL: "fulfilled",
    Verb.CANCEL: "cancelled",
    Verb.GO_ON: "reopened",
    Verb.PAUSE: "status in pause_on",
    Verb.RESUME: "status not in pause_on",
    Verb.RENEW: "next reply",
}
_HAPPENINGS: Final = {
    Happening.OPENED: "creation",
    Happening.OPENED_BY_CUSTOMER: "creation by the customer",
    Happening.QUESTION: "customer message",
    Happening.REPLY: "reply",
    Happening.SOLVED: "solve",
    Happening.REOPENED: "reopening",
    Happening.ENDED: "merge, deletion, spam",
}


def diagram() -> str:
    """All moves; those with the same ends share an arrow."""
    arrows: dict[tuple[int, int], list[str]] = {}
    for (status, verb), target in sorted(TRANSITIONS.items()):
        arrows.setdefault((status, target), []).append(_WORDS[verb])
        if target == RUNNING and status not in (RUNNING, PAUSED):
            # It may begin, or go on, in a status in which it stands still.
            arrows.setdefault((status, PAUSED), []).append(f"{_WORDS[verb]} (paused)")
    lines = ["stateDiagram-v2", f"    [*] --> {STATUS_NAMES[0]}"]
    for (status, target), verbs in sorted(arrows.items()):
        ends = f"{STATUS_NAMES[status]} --> {STATUS_NAMES[target]}"
        lines.append(f"    {ends}: {', '.join(verbs)}")
    return "\n".join(lines)


def clock_rows() -> list[str]:
    """A Markdown table: what begins, ends and renews each clock, and when it stands still."""
    head = [
        "| clock | begins | fulfilled by | cancelled by | after that |",
        "|---|---|---|---|---|",
    ]
    return [*head, *(_row(spec) for spec in CLOCKS)]


def _row(spec: ClockSpec) -> str:
    begins = _named(spec, Verb.BEGIN, Verb.STREAK, Verb.RENEW)
    first = f", once `{spec.after}` has ended" if spec.after else ""
    return " | ".join(
        (
            f"| `{spec.name}`",
            f"{begins}{first}",
            _named(spec, Verb.FULFIL, Verb.RENEW),
            _named(spec, Verb.CANCEL),
            f"{_afterwards(spec)} |",
        )
    )


def _named(spec: ClockSpec, *verbs: Verb) -> str:
    found = [_HAPPENINGS[happening] for happening, verb in spec.verbs.items() if verb in verbs]
    return ", ".join(found) or "–"


def _afterwards(spec: ClockSpec) -> str:
    verbs = spec.verbs.values()
    if Verb.GO_ON in verbs:
        spent = "counted" if spec.counts_solved else "not counted"
        return f"goes on at a reopening, the time spent solved {spent}"
    if Verb.STREAK in verbs or Verb.RENEW in verbs:
        return "a new instance each time"
    return "never again"
