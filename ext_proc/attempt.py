"""One upstream try, at the filter beside the provider. A machine without I/O: events in, replies out.

    NEW ── RequestHeaders ──▶ BODY ── RequestBody ──▶ SENT ── ResponseHeaders ──▶ ANSWER ── end ──▶ DONE
     └──────────── bytes pass untouched ──────────────▲ └─ nobody needs the answer: DONE

A retry is another attempt with the original body, on whichever replica it lands; all that it knows came with the plan.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum, auto

from ext_proc.apis import APIS
from ext_proc.apis.api import Asked
from ext_proc.apis.body import NO_BODY
from ext_proc.effects import Settle
from ext_proc.errors import ControlError, TollkeeperError
from ext_proc.events import (
    RequestBody,
    RequestHeaders,
    ResponseBody,
    ResponseHeaders,
    ResponseTrailers,
)
from ext_proc.plan import Plan, Step, load
from ext_proc.replies import Answer, AnswerBody, AnswerHeaders, AnswerTrailers, AnswerWhole, Hold, Reply, Send, SendBody
from ext_proc.snapshot import Snapshot
from ext_proc.stages.account import Outcome, of_one_try, settlement
from ext_proc.stages.answers import relay_for
from ext_proc.stages.cut import SlicedStream, within
from ext_proc.stages.decode import Decode, decoder
from ext_proc.stages.express import express
from ext_proc.stages.forward import headers
from ext_proc.stages.keep import Kept, Results
from ext_proc.stages.relay import (
    HIDDEN_STATUSES,
    ObservedStream,
    Refusal,
    Relay,
    Seen,
    TranslatedStream,
    TranslatedWhole,
)
from ext_proc.stages.slices import Slices
from ext_proc.stages.translate import alike, needs_body, rewrite_body

DROPPED_HEADER = "x-tollkeeper-dropped"
"""Names what of the request the provider was not told, as its API has no word for it."""
LONGEST_DROPPED = 1024
LARGEST_ANSWER = 48 * 1024 * 1024
"""Bytes of an answer, as it comes and as it leaves, that the host's buffers hold for a client that reads nothing."""
Event = RequestHeaders | RequestBody | ResponseHeaders | ResponseBody | ResponseTrailers


class State(Enum):
    NEW = auto()
    BODY = auto()
    SENT = auto()
    ANSWER = auto()
    DONE = auto()


LEGAL: dict[type, frozenset[State]] = {
    RequestHeaders: frozenset({State.NEW}),
    RequestBody: frozenset({State.BODY}),
    ResponseHeaders: frozenset({State.SENT, State.BODY}),
    ResponseBody: frozenset({State.ANSWER}),
    ResponseTrailers: frozenset({State.ANSWER}),
}


@dataclass(slots=True)
class Attempt:
    """Lives for one try. `clock` gives Unix seconds."""

    snapshot: Snapshot
    clock: Callable[[], float]
    state: State = State.NEW
    plan: Plan | None = None
    step: Step | None = None
    attempt: int = 1
    content_type: str = ""
    request: Asked | None = None
    dropped: tuple[str, ...] = ()
    status: int = 0
    relay: Relay | SlicedStream | None = None
    given: dict[str, str] = field(default_factory=dict)
    decode: Decode = bytes
    seen: Seen = field(default_factory=Seen)
    first_part_at: float | None = None
    settled: bool = False
    passed: int = 0

    async def on(self, event: Event) -> Reply:
        """The one funnel that every event passes."""
        if self.state not in LEGAL[type(event)]:
            raise ControlError(f"{type(event).__name__} came in state {self.state.name}.", code="protocol")
        match event:
            case RequestHeaders():
                return self._request_headers(event)
            case RequestBody():
                return self._request_body(event)
            case ResponseHeaders():
                return self._response_headers(event)
            case ResponseBody():
                return await self._response_body(event)
            case ResponseTrailers():
                return await self._response_trailers()

    async def closed(self) -> None:
        """The host ended the stream: an answer that was being delivered is charged for what went out."""
        if self.is_open:
            if isinstance(self.relay, TranslatedWhole):
                self.seen.text_bytes = self.relay.gathered
            await self._settle(complete=self.seen.is_whole)
        self.state = State.DONE

    @property
    def is_open(self) -> bool:
        """An answer was being delivered, and nobody has charged for it yet."""
        return self.state is State.ANSWER and self._chargeable

    @property
    def _changed(self) -> tuple[str, ...]:
        """Headers that are not true any more once the bytes of the answer have changed."""
        return ("content-length",) if self.decode is bytes else ("content-length", "content-encoding")

    @property
    def _chargeable(self) -> bool:
        return 200 <= self.status < 300 and not self.settled

    def _request_headers(self, event: RequestHeaders) -> Reply:
        try:
            self.plan, self.attempt = load(event.plan), event.attempt
            self.step = self.plan.step(event.provider, event.attempt)
        except (ValueError, TypeError, KeyError):
            raise ControlError("The call comes without a plan of the edge.", code="no_plan") from None
        if self.step is None:
            raise ControlError(f"The plan does not know the provider {event.provider!r}.", code="no_plan")
        self.content_type = dict(event.headers).get("content-type", "")
        put, drop = headers(event.headers, self.plan, self.step, self.snapshot)
        # A retry arrives with the length of what the attempt before it made of the body
        has_body = APIS[self.plan.api].body is not NO_BODY
        ask_body = (self.attempt > 1 and has_body) or needs_body(self.plan, self.step)
        watch = not self.step.native
        self.state = State.BODY if ask_body else State.SENT if watch else State.DONE
        return Send(put, drop, ask_body=ask_body, watch=watch)

    def _request_body(self, event: RequestBody) -> Reply:
        plan, step = self._decided()
        row = self.snapshot.upstreams[step.provider].row
        if alike(plan.api, step.api):
            body = rewrite_body(plan, step, event.body, self.content_type, row)
        else:
            expressed = express(plan, step, event.body, self.content_type, row)
            body, self.request, self.dropped = expressed.body, expressed.request, expressed.dropped
        self.state = State.DONE if step.native else State.SENT
        return SendBody(body)

    def _response_headers(self, event: ResponseHeaders) -> Reply:
        self.status, self.state = event.status, State.DONE if event.end_of_stream else State.ANSWER
        given = dict(event.headers)
        self.given = given
        self.relay = self._within(relay_for(*self._decided(), event, self.request, self.seen))
        decode = decoder(given.get("content-encoding", "identity"))
        self.decode = decode or bytes
        if isinstance(self.relay, TranslatedWhole | Kept):
            return self._empty(self.relay) if event.end_of_stream else Hold()
        hidden = HIDDEN_STATUSES.get(event.status)
        if self.relay.content_type is None:
            drop = self._changed if decode or self._hides_usage(given) else ()
            return AnswerHeaders(remove_headers=drop)
        put = {"content-type": self.relay.content_type, **self._told(given)}
        if isinstance(self.relay, Refusal):
            put |= self.relay.headers
        return AnswerHeaders(put, self._changed, hidden)

    async def _response_body(self, event: ResponseBody) -> Reply:
        assert self.relay is not None
        data = await _fed(self.relay, self.decode(event.data))
        self.passed += max(len(event.data), len(data))
        if self.passed > LARGEST_ANSWER:
            raise ControlError(f"The answer is longer than {LARGEST_ANSWER} bytes.", code="answer_too_large")
        if self.first_part_at is None and (self.seen.text_bytes or data):
            self.first_part_at = self.clock()
        if event.end_of_stream:
            data += await self._finished()
        over = event.end_of_stream or self.relay.over
        if over:
            await self._end()
        cut = isinstance(self.relay, SlicedStream) and self.relay.is_cut and not event.end_of_stream
        body = AnswerBody(data, over, cut)
        headers = self._waiting_headers() if over else None
        return body if headers is None else AnswerWhole(headers, body)

    def _empty(self, relay: TranslatedWhole | Kept) -> AnswerHeaders:
        """Without a body there is no answer, and none can be added; as an error it moves the host to the next try."""
        relay.finish()
        return self._headers_of(relay)

    async def _response_trailers(self) -> Reply:
        data = await self._finished() if self.relay else b""
        await self._end()
        return AnswerTrailers(data, self._waiting_headers())

    async def _finished(self) -> bytes:
        """The last bytes for the client, and all of them where the answer is about what the provider keeps."""
        assert self.relay is not None
        if isinstance(self.relay, SlicedStream):
            return await self.relay.finish()
        if not isinstance(self.relay, Kept | Results):
            return self.relay.finish()
        return await self.relay.told(*self._decided(), self.snapshot, self.clock())

    def _waiting_headers(self) -> AnswerHeaders | None:
        """The headers that waited for what the body would turn out to be."""
        return self._headers_of(self.relay) if isinstance(self.relay, TranslatedWhole | Kept) else None

    def _headers_of(self, relay: TranslatedWhole | Kept) -> AnswerHeaders:
        status = None if relay.status == self.status else relay.status
        put = {"content-type": relay.content_type, **self._told(self.given)}
        return AnswerHeaders(put, self._changed, status)

    async def _end(self) -> None:
        """Charged before the last bytes leave, so that who has seen the end of an answer can rely on its charge."""
        self.state = State.DONE
        if self._chargeable and not self._is_no_answer:
            await self._settle(complete=self._is_complete)

    @property
    def _is_complete(self) -> bool:
        """A stream that ends without a finish reason was cut, however cleanly."""
        if isinstance(self.relay, SlicedStream) and self.relay.is_cut:
            return False
        streamed = isinstance(self.relay, ObservedStream | TranslatedStream | SlicedStream)
        return self.seen.failure is None and (self.seen.finish_reason is not None or not streamed)

    @property
    def _is_no_answer(self) -> bool:
        return isinstance(self.relay, TranslatedWhole | Kept) and self.relay.status != self.status

    async def _settle(self, *, complete: bool) -> None:
        plan, step = self._decided()
        self.settled = True
        outcome = Outcome(
            status=self.status,
            outcome="served" if complete else "aborted",
            usage=None if plan.keeps else self.seen.charge(plan, complete=complete),
            response_model=self.seen.model,
            finish_reason=self.seen.finish_reason,
            reason=self.seen.failure.kind if self.seen.failure else None,
            latency=max(0.0, self.clock() - plan.at),
            time_to_first_token=None if self.first_part_at is None else max(0.0, self.first_part_at - plan.at),
            attempts=self.attempt,
            metering="inline",
        )
        settled = settlement(plan, step, outcome, self.snapshot)
        unseen = isinstance(self.relay, TranslatedWhole) and self.state is State.ANSWER
        await Settle(of_one_try(settled, self.attempt) if unseen else settled)

    def _within(self, relay: Relay) -> Relay | SlicedStream:
        """The same, only as far as its budget reaches where that is not known beforehand."""
        plan, step = self._decided()
        if not plan.slices or not self._chargeable:
            return relay
        slices = Slices(plan, self.clock, self.snapshot.lease_seconds)
        return within(relay, slices, APIS[plan.api], APIS[step.api], self.seen)

    def _told(self, given: dict[str, str]) -> dict[str, str]:
        """The provider's id of the call, where the client's SDK looks for it, and what the provider was not told."""
        plan, step = self._decided()
        name, there = APIS[plan.api].request_id_header, given.get(APIS[step.api].request_id_header)
        dropped = {DROPPED_HEADER: ", ".join(self.dropped)[:LONGEST_DROPPED]} if self.dropped else {}
        return dropped if there is None or name in given else {name: there, **dropped}

    def _hides_usage(self, given: dict[str, str]) -> bool:
        return "content-length" in given and isinstance(self.relay, ObservedStream | SlicedStream)

    def _decided(self) -> tuple[Plan, Step]:
        if self.plan is None or self.step is None:
            raise ControlError("The attempt has no plan yet.", code="protocol")
        return self.plan, self.step


async def _fed(relay: Relay | SlicedStream, data: bytes) -> bytes:
    return await relay.feed(data) if isinstance(relay, SlicedStream) else relay.feed(data)


def refuse(attempt: Attempt, error: TollkeeperError) -> Answer:
    """An error of this attempt, in the client's shape; before a plan is known, in that of Chat Completions."""
    plan = attempt.plan
    api = APIS[plan.api if plan else "chat_completions"]
    body = api.write_error(error, plan.id if plan else None)
    headers = (("content-type", "application/json"), *api.error_headers(error))
    return Answer(error.status, headers, body, plan.id if plan else "")
