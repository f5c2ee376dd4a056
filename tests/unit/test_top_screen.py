"""How `pegel top` looks, at the size of an old terminal and at that of a wide one."""

import io
from datetime import UTC
from typing import Any

import pytest
from rich.cells import cell_len
from rich.console import Console

from schemas.instants import format_ms, parse_ms
from stream_app.cli.top_screen import Size, draw
from stream_app.wall.picture import Picture
from stream_app.wall.words import Words
from tests.support.wall_data import Organisation
from tests.unit.test_top_picture import FEED, snapshot

SMALL, WIDE = Size(80, 24), Size(160, 50)


def shown(picture: Picture, at: float, size: Size = SMALL, lang: str = "en") -> list[str]:
    screen = Console(file=io.StringIO(), record=True, highlight=False, width=size.width)
    screen.print(draw(picture.look(at), Words(lang), size, picture.focus))
    lines = screen.export_text().splitlines()
    assert len(lines) <= size.height
    assert all(cell_len(line) <= size.width for line in lines)
    return [line.rstrip() for line in lines]


def picture(organisation: Organisation | None = None, **changes: Any) -> Picture:
    made = Picture({}, 0.0)
    made.hear("snapshot", snapshot(organisation or Organisation(), **changes), 0.0)
    return made


def line_of(lines: list[str], begin: str) -> str:
    return next(line for line in lines if line.startswith(begin))


@pytest.mark.parametrize("size", [SMALL, WIDE])
@pytest.mark.parametrize("lang", ["en", "de"])
def test_everything_has_its_place(size: Size, lang: str) -> None:
    words = Words(lang)
    text = "\n".join(shown(picture(), 0.0, size, lang))
    for key in ("pill.live", "urgent.title", "alerts.title", "goals.title", "top.quit"):
        assert words.t(key) in text, key
    for channel in ("email", "phone", "whatsapp", "webchat"):
        assert words.name("channel", channel) in text


def test_a_channel_says_its_state_in_a_word_beside_its_figures() -> None:
    line = line_of(shown(picture(), 0.0), "WhatsApp")
    assert line.split()[1:3] == ["■", "Overdue"]
    assert "spike" in line


def test_a_wide_terminal_has_room_for_what_is_usual_and_ten_conversations() -> None:
    lines = shown(picture(), 0.0, WIDE)
    assert "usually" in line_of(lines, "WhatsApp")
    assert sum(line.startswith(("■ late", "▲ left")) for line in lines) == 10


def test_a_lost_line_stands_in_a_banner_and_figures_say_of_when_they_are() -> None:
    lines = shown(picture(), 20.0, WIDE)
    assert "Connection lost at" in lines[1]
    assert "Figures of" in line_of(lines, "WhatsApp")
    assert "Stale" in line_of(lines, "WhatsApp")
    assert not any("On time" in line for line in lines)


def test_missing_partitions_are_named_in_the_banner_and_in_the_row() -> None:
    shop = Organisation()
    shop.view(channel="email").update(complete=False, missing_partitions=[3, 4])
    lines = shown(picture(shop), 0.0, WIDE)
    assert "Partitions 3, 4" in lines[1]
    assert "Partitions 3, 4 are missing" in line_of(lines, "Email")


def test_a_wall_that_has_lost_kafka_says_why() -> None:
    problem = FEED | {"connected": False, "problem": "no Kafka broker answers at k:1"}
    assert "no Kafka broker answers at k:1" in shown(picture(feed=problem), 0.0, WIDE)[1]


def test_while_alerts_are_read_it_does_not_look_as_if_there_were_none() -> None:
    text = "\n".join(shown(picture(feed=FEED | {"alerts_read": 0.45}, alerts=[]), 0.0, WIDE))
    assert "Reading alerts: 45%" in text
    assert "No alerts." not in text


def test_what_is_replayed_is_said_to_be() -> None:
    shop = Organisation()
    for view in shop.views.values():
        view.update(mode="event", as_of=format_ms(parse_ms("2024-03-04T17:05:09Z")))
    lines = shown(picture(shop), 0.0)
    assert "Replay" in lines[0]
    assert "Live" not in lines[0]
    assert "Replay, as of 04 Mar 2024 17:05. This is the past, not now." in lines[1]
    assert "⟲ Replay" in line_of(lines, "Email")


def test_where_not_all_channels_fit_the_worst_are_shown_and_the_others_counted() -> None:
    lines = shown(picture(), 0.0, Size(80, 14))
    assert any(line.startswith("WhatsApp") for line in lines)
    assert any("more" in line for line in lines[:4])
    assert not any(line.startswith("Portal") for line in lines)


def test_nothing_yet_is_said_and_not_drawn() -> None:
    text = "\n".join(shown(picture(views=[], alerts=[], alerts_total=0), 0.0))
    assert "no figures" in text
    assert "No alerts." in text


def test_before_the_first_event_it_says_that_it_connects() -> None:
    assert "Connecting" in "\n".join(shown(Picture({}, 0.0), 1.0))


def test_what_a_help_desk_names_cannot_colour_the_screen() -> None:
    shop = Organisation()
    item = {"conversation": "[red]x", "source": "desk/a", "url": "javascript:alert(1)", "due": format_ms(shop.now)}  # fmt: skip
    shop.view()["top"] = {"overdue": [item]}
    assert any("[red]x" in line for line in shown(picture(shop), 0.0))


@pytest.mark.parametrize(("lang", "said"), [("en", ("1,210", "1.2k", "99%", "0:07", "1:00:00", "2 d 3 h")), ("de", ("1.210", "1,2k", "99\u00a0%", "0:07", "1:00:00", "2 T 3 h"))])  # fmt: skip
def test_numbers_and_spans_are_written_as_the_page_does(lang: str, said: tuple[str, ...]) -> None:
    words = Words(lang)
    hour = 3_600_000
    found = (
        words.number(1210), words.count(1210), words.percent(0.996), words.span(7_900),
        words.span(hour), words.span(51 * hour),
    )  # fmt: skip
    assert found == said


@pytest.mark.parametrize(
    ("lang", "expected"),
    [
        ("en", ["10:47:12", "01 Mar 10:47:12", "02 Mar 2025 10:47"]),
        ("de", ["10:47:12", "01.03. 10:47:12", "02.03.2025 10:47"]),
    ],
)
def test_the_older_an_instant_is_the_more_of_its_date_is_said(
    lang: str, expected: list[str]
) -> None:
    words, noon = Words(lang, UTC), parse_ms("2026-03-02T10:47:12Z")
    days = (0, 1, 365)
    assert [words.instant(noon - n * 86_400_000, noon) for n in days] == expected
