"""What is charged for an answer that its provider wrote and that was lost on the way."""

from __future__ import annotations

import pytest

from tests.core.test_conclude import charge, concluded, planned

LOST = {
    "a whole answer that its provider broke off": ({}, 502, "upstream_reset_after_response_started{protocol_error}", 300, 100),
    "a stream in a worker that died": ({"stream": True}, 503, "ext_proc_error_gRPC_error_13{connection_termination}", 1000, 10),
    "a stream in a worker that died, begun before": ({"stream": True}, 200, "ext_proc_error_gRPC_error_13", 1000, 10),
    "an answer that took too long": ({}, 504, "response_timeout", 300, 100),
}  # fmt: skip


@pytest.mark.parametrize("case", LOST)
def test_what_a_provider_wrote_is_charged_though_its_answer_was_lost_on_the_way(case):
    members, status, details, received, output = LOST[case]
    plan = planned(max_tokens=200, **members)
    settled = concluded(plan, status, details=details, received_bytes=received, body_bytes=110)
    outcome, read, written, is_estimated = charge(settled)
    assert outcome == ("aborted" if status == 200 else "failed")
    assert (written, is_estimated) == (output, True)
    assert read > 0


def test_a_lost_answer_is_charged_no_more_than_was_reserved_and_one_that_never_began_nothing():
    plan = planned(max_tokens=20)
    details = "upstream_reset_after_response_started{protocol_error}"
    assert charge(concluded(plan, 502, details=details, received_bytes=99_999))[2] == 20
    assert charge(concluded(plan, 504, details="response_timeout", received_bytes=0)) == ("failed", 0, 0, False)
    assert charge(concluded(plan, 500, details="via_upstream", received_bytes=300)) == ("failed", 0, 0, False)
