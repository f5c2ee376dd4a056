"""The tree of a YAML text: scalars stay text, and every part knows where it stands."""

from stream_app.policyfile.nodes import MAX_DEPTH, Node, read_yaml
from stream_app.policyfile.problems import Report


def tree(text: str) -> Node:
    report = Report()
    node = read_yaml(text, "file.yaml", report)
    assert node is not None
    assert report.problems() == ()
    return node


def test_scalars_stay_as_they_were_written() -> None:
    words = tree("[22:00, on, NO, 010, 2026-12-24, 1e3, '48', null, ~, ]").items
    assert [word.text for word in words[:7]] == [
        "22:00", "on", "NO", "010", "2026-12-24", "1e3", "48",
    ]  # fmt: skip
    assert [word.kind for word in words[7:]] == ["empty", "empty"]
    assert [word.plain for word in words[:7]] == [True] * 6 + [False]


def test_a_quoted_null_is_a_word() -> None:
    assert [(word.kind, word.text) for word in tree("['null', \"\"]").items] == [
        ("scalar", "null"),
        ("scalar", ""),
    ]


def test_every_part_knows_its_line_column_and_path() -> None:
    root = tree("sla:\n  - name: chat\n    targets: {first_reply: 5m}\n  - [a, b]\n")
    entry, unnamed = root.entries["sla"].items
    target = entry.entries["targets"].entries["first_reply"]
    assert (target.place.line, target.place.column) == (3, 28)
    assert target.place.path == "sla[chat].targets.first_reply"
    assert entry.keys["targets"].column == 5
    assert unnamed.items[1].place.path == "sla[#2][#2]"
    assert unnamed.place.file == "file.yaml"


def test_an_alias_stands_where_it_is_used_in_the_path() -> None:
    root = tree("a: &x {k: 1}\nb: *x\n")
    copy = root.entries["b"].entries["k"]
    assert (copy.place.path, copy.place.line) == ("b.k", 1)


def test_own_keys_win_over_merged_ones_and_earlier_bases_over_later_ones() -> None:
    root = tree("x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {<<: [*x, *y], a: 0}\n")
    merged = root.entries["z"].entries
    assert {key: node.text for key, node in merged.items()} == {"a": "0", "b": "1", "c": "2"}


def test_asking_for_what_is_not_there_points_at_the_whole() -> None:
    root = tree("{a: 1}")
    assert root.at("a").text == "1"
    assert root.at("b") is root


def test_aliases_cannot_unfold_without_bounds() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 8)]
    report = Report()
    assert read_yaml("\n".join(lines), "bomb.yaml", report) is None
    (problem,) = report.problems()
    assert problem.found == "the file unfolds to too many parts"


def test_deep_nesting_is_refused_however_deep() -> None:
    for depth in (MAX_DEPTH + 2, 50_000):
        report = Report()
        assert read_yaml("[" * depth + "]" * depth, "deep.yaml", report) is None
        assert len(report.problems()) == 1
