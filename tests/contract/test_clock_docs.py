"""The page about clocks agrees with the clock table. Run as a module it writes the parts anew."""

import re
from pathlib import Path

from stream_app.domain.clock_diagram import clock_rows, diagram
from stream_app.domain.clocks import CLOCK_NAMES, STATUS_NAMES, TRANSITIONS

PAGE = Path(__file__).parents[2] / "docs/clocks.md"
_DIAGRAM = re.compile(r"(?<=```mermaid\n).*?(?=```)", re.DOTALL)
_TABLE = re.compile(r"(<!-- generated: [^>]*-->\n).*(<!-- end -->)", re.DOTALL)
AGAIN = "run: python -m tests.contract.test_clock_docs"


def written_anew(page: str) -> str:
    page = _DIAGRAM.sub(lambda _: diagram() + "\n", page)
    rows = "\n".join(clock_rows())
    return _TABLE.sub(lambda mark: f"{mark[1]}{rows}\n{mark[2]}", page)


def test_the_page_is_that_of_the_table() -> None:
    assert written_anew(PAGE.read_text()) == PAGE.read_text(), AGAIN


def test_the_diagram_has_an_arrow_for_every_move() -> None:
    arrows = diagram().splitlines()
    for (status, _), target in TRANSITIONS.items():
        ends = f"    {STATUS_NAMES[status]} --> {STATUS_NAMES[target]}:"
        assert any(line.startswith(ends) for line in arrows)


def test_a_clock_that_is_paused_can_come_from_every_state_but_itself() -> None:
    arrows = diagram()
    assert "idle --> paused" in arrows
    assert "fulfilled --> paused" in arrows
    assert "cancelled --> paused" in arrows


def test_every_clock_has_a_line() -> None:
    rows = clock_rows()[2:]
    assert [row.split("`")[1] for row in rows] == list(CLOCK_NAMES)
    assert "solved not counted" in rows[CLOCK_NAMES.index("total_resolution")]
    assert "new instance" in rows[CLOCK_NAMES.index("periodic_update")]


if __name__ == "__main__":
    PAGE.write_text(written_anew(PAGE.read_text()))
