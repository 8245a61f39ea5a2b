"""Conclude: the host's last word on a call, turned into its settlement, with usage counted where none was reported."""

from __future__ import annotations

from dataclasses import replace

from ext_proc.apis import APIS
from ext_proc.apis.json_value import as_count
from ext_proc.apis.keeps import Used
from ext_proc.events import Finished
from ext_proc.leases import Settlement
from ext_proc.plan import Plan, Step
from ext_proc.snapshot import Snapshot
from ext_proc.stages.account import Outcome, settlement
from ext_proc.stages.batch import batch_settlement
from ext_proc.usage import Usage

_FINISH_REASONS = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "tool_use": "tool_calls",
    "refusal": "content_filter",
}
BYTES_PER_EVENT = 100
"""No API streams a token in fewer bytes of JSON than this."""
BYTES_PER_TOKEN = 3
_LOST = ("upstream_reset_after_response_started", "ext_proc_error", "response_timeout")
"""The host's words for an answer that it had begun to receive, or waited for, and could not pass on to its end."""


def conclude(plan: Plan, finished: Finished, snapshot: Snapshot) -> Settlement:
    """A refused or failed call is settled at nothing; a served one at what the host metered, or else at an estimate."""
    if plan.refused:
        outcome = Outcome(
            status=finished.status,
            outcome=plan.refused["outcome"],
            reason=plan.refused["reason"],
            latency=finished.duration,
        )
        return settlement(plan, None, outcome, snapshot)
    step = plan.step(finished.provider, finished.attempts or 1)
    return settlement(plan, step, _outcome(plan, step, finished), snapshot)


def released(plan: Plan, finished: Finished, snapshot: Snapshot) -> Settlement | None:
    """The end of a batch's lease when its provider refused to begin. Without such a word it may have begun."""
    facts = plan.keeps.get("facts", {})
    keeps = APIS[plan.api].keeps
    if keeps is None or keeps.does not in ("make", "begin") or "lease" not in facts or not 400 <= finished.status < 500:
        return None
    return batch_settlement(
        {**facts, "principal": plan.principal}, Used(None, 0, failed=True, reason="refused"), snapshot
    )


def _outcome(plan: Plan, step: Step | None, finished: Finished) -> Outcome:
    has_answer = 200 <= finished.status < 300 or _is_lost(finished)
    usage = _usage(plan, finished) if has_answer and not plan.keeps else None
    return Outcome(
        status=finished.status,
        outcome=_word(plan, finished),
        usage=usage,
        response_model=_text(finished, "response_model"),
        finish_reason=_finish_reason(_text(finished, "finish_reason")),
        reason=None if finished.status < 400 else finished.details or None,
        latency=finished.duration,
        time_to_first_token=finished.time_to_first_byte if usage else None,
        attempts=finished.attempts,
        metering="native" if step and step.native else "inline",
    )


def _word(plan: Plan, finished: Finished) -> str:
    if not 200 <= finished.status < 300:
        return "failed"
    return "aborted" if _is_broken(plan, finished) else "served"


def _is_broken(plan: Plan, finished: Finished) -> bool:
    """A stream that ends without a finish reason was cut, however cleanly."""
    cut = finished.aborted or (plan.stream and "finish_reason" not in finished.usage)
    return cut and not _is_whole(finished)


def _is_lost(finished: Finished) -> bool:
    """A provider was answering, and bills for what it wrote, whatever the client was told in its place."""
    return finished.received_bytes > 0 and finished.details.startswith(_LOST)


def _is_whole(finished: Finished) -> bool:
    """The end went by. Clients often hang up at the last event, before the connection's own end reaches them."""
    return "completion_tokens" in finished.usage or (
        "finish_reason" in finished.usage and "output_tokens" in finished.usage
    )


def _usage(plan: Plan, finished: Finished) -> Usage:
    reported = _reported(finished.usage)
    counted = reported.output_tokens if plan.writes else reported.input_tokens
    if counted and not (_is_broken(plan, finished) or _is_lost(finished)):
        return reported
    estimate = _estimate(plan, finished)
    if reported.input_tokens:
        estimate = replace(estimate, input_tokens=reported.input_tokens)
    return reported.merged(estimate)


def _reported(counts: dict[str, float | str]) -> Usage:
    """What the host read out of the answer, in either API's words. Messages counts cached input apart."""

    def count(name: str) -> int:
        return as_count(counts.get(name))

    read, created = count("cache_read_input_tokens"), count("cache_creation_input_tokens")
    tier = "fast" if counts.get("speed") == "fast" else counts.get("service_tier")
    return Usage(
        input_tokens=count("prompt_tokens") or count("input_tokens") + read + created,
        output_tokens=count("completion_tokens") or count("output_tokens"),
        cache_read_input_tokens=count("cached_tokens") or read,
        cache_creation_input_tokens=created or count("cache_write_tokens"),
        reasoning_output_tokens=count("reasoning_tokens"),
        cache_creation_1h_input_tokens=count("ephemeral_1h_input_tokens"),
        input_audio_tokens=count("input_audio_tokens"),
        output_audio_tokens=count("output_audio_tokens"),
        searches=count("web_search_requests"),
        service_tier=tier if isinstance(tier, str) else None,
    )


def _estimate(plan: Plan, finished: Finished) -> Usage:
    """From the bytes that were delivered, never above what was reserved; input from its bound."""
    output = _written(plan, finished) if plan.writes else 0
    counts = {"input_tokens": -(-plan.input_bound // BYTES_PER_TOKEN), "output_tokens": output, **plan.units}
    counts |= plan.estimate
    most = plan.cap * plan.n if plan.cap else counts["output_tokens"]
    return replace(Usage.of(counts), output_tokens=min(counts["output_tokens"], most), estimated=True)


def _written(plan: Plan, finished: Finished) -> int:
    """Of a compressed answer nobody knows how long it is: all that was reserved."""
    if finished.encoding not in ("", "identity"):
        return plan.cap * plan.n if plan.cap else finished.body_bytes
    written = finished.received_bytes if _is_lost(finished) else finished.body_bytes
    return -(-written // (BYTES_PER_EVENT if plan.stream else BYTES_PER_TOKEN))


def _text(finished: Finished, name: str) -> str | None:
    value = finished.usage.get(name)
    return value if isinstance(value, str) else None


def _finish_reason(word: str | None) -> str | None:
    return None if word is None else _FINISH_REASONS.get(word, word)
