"""What a compressed answer is charged, in which the host can read no usage."""

from __future__ import annotations

import pytest

from tests.core.test_conclude import charge, concluded, planned


@pytest.mark.parametrize(
    ("encoding", "limits", "output"),
    [("", {}, 300), ("identity", {}, 300), ("gzip", {}, 900), ("br", {"max_tokens": 5000}, 5000)],
)
def test_a_compressed_answer_that_tells_nothing_is_charged_all_that_it_may_hold(encoding, limits, output):
    outcome, _, charged, estimated = charge(concluded(planned(**limits), encoding=encoding))
    assert (outcome, charged, estimated) == ("served", output, True)
