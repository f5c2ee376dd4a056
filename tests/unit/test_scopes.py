"""Which views a group counts into, and what they are called."""

from stream_app.domain.scopes import WHOLE_TENANT, Group, Scope, combinations, scopes_of


def test_a_group_counts_into_five_views_widest_first() -> None:
    kinds = combinations(("channel", "team", "priority"))
    texts = [scope.text for scope in scopes_of(Group("email", "billing", "high"), kinds)]
    assert texts == [
        "",
        "channel=email",
        "team=billing",
        "channel=email,team=billing",
        "channel=email,team=billing,priority=high",
    ]


def test_what_is_not_grouped_by_makes_no_view() -> None:
    assert combinations(("channel",)) == ((), ("channel",))
    assert scopes_of(Group("email", "a", "b"), combinations(())) == (WHOLE_TENANT,)


def test_an_absent_team_is_a_team_of_its_own() -> None:
    scopes = scopes_of(Group("email", "", ""), combinations(("channel", "team")))
    assert Scope((("channel", "email"), ("team", ""))) in scopes


def test_names_with_separators_cannot_be_mistaken_for_other_scopes() -> None:
    tricky = Scope((("channel", "a,team=b"),)).text
    assert tricky == "channel=a%2Cteam%3Db"
    assert tricky != Scope((("channel", "a"), ("team", "b"))).text
    assert Scope((("channel", "a|b%7C"),)).text == "channel=a%7Cb%257C"
