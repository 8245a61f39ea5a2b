"""Conditions on calls: what they can say, and that a mistake is found before the first call or decides nothing."""

from datetime import UTC, datetime

import pytest

from ext_proc.pb import facts_pb2
from ext_proc.policy.conditions import LONGEST, RESERVED, ConditionError, Seen, compiled

SEEN = Seen(
    facts_pb2.Request(
        model="claude-opus-4-5",
        api="messages",
        operation="chat",
        stream=True,
        max_output_tokens=900,
        n=1,
        tools=["search", "bash"],
        images=2,
        input_tokens_bound=4000,
    ),
    facts_pb2.Principal(team="research", user="alice", key="id-alice"),
    {"session": "s1", "run": ""},
    datetime(2026, 11, 26, 21, 30, tzinfo=UTC).timestamp(),
)

HOLD = [
    ('request.model.startsWith("claude-opus")', True),
    ("request.max_output_tokens > 1000 || request.n > 1", False),
    ('request.stream && "bash" in request.tools', True),
    ('request.tools.exists(tool, tool.startsWith("mcp_"))', False),
    ("request.images == 2 && request.input_tokens_bound <= 4000", True),
    ('principal.team in ["research", "sales"] && principal.tenant == ""', True),
    ('time.getHours("Europe/Berlin") >= 22', True),
    ("time.getDayOfWeek() == 4", True),
    ('session == "s1" && run == ""', True),
    ('request.api == "messages" && request.operation == "chat"', True),
]


@pytest.mark.parametrize(("source", "holds"), HOLD)
def test_a_condition_sees_the_request_the_principal_the_attributes_and_the_time(source, holds):
    assert compiled(source, SEEN.attributes).holds(SEEN) is holds


MISTAKES = [
    ('request.modl == "x"', "1:8: undefined field 'modl' not found in struct 'Request'"),
    ("request.model ==\n  3", "1:15: found no matching overload for '_==_' applied to '(string, int)'"),
    ("true &&\n  teem", "2:3: undeclared reference to 'teem'"),
    ("request.stream &&", "1:18: Syntax error: mismatched input '<EOF>'"),
    ("request.n", "1:1: is INT, not true or false"),
    ("request", "1:1: is Request, not true or false"),
    ('seson == "a"', "1:1: undeclared reference to 'seson'"),
    ("true" + " " * LONGEST, f"longer than {LONGEST} characters"),
]


@pytest.mark.parametrize(("source", "told"), MISTAKES)
def test_a_mistake_is_told_with_its_line_and_column_when_the_condition_is_read(source, told):
    with pytest.raises(ConditionError) as error:
        compiled(source, ["session"])
    assert str(error.value) == told


@pytest.mark.parametrize(
    "source", ["request.n / (request.n - 1) == 1", 'time.getHours("Mars/Base") > 1', "[1][3] == 1"]
)
def test_what_has_no_value_for_a_call_is_an_error_and_never_false(source):
    with pytest.raises(ConditionError):
        compiled(source).holds(SEEN)


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_reserved_name_could_not_be_used_in_a_condition(name):
    with pytest.raises(ConditionError):
        compiled(f'{name} == "a"')
