"""The edge's decision about one call: identify, read, route, admit. A machine without I/O; effects are awaited."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import orjson

from ext_proc.errors import ClientError, NotFound, OverLimit, TollkeeperError, WrongMethod
from ext_proc.events import Call, Headers
from ext_proc.plan import Plan, Step
from ext_proc.principal import ATTRIBUTES, Principal
from ext_proc.replies import Allow, Answer
from ext_proc.snapshot import Snapshot
from ext_proc.stages.account import Outcome, entry_of
from ext_proc.stages.admit import Admission, Ticket, admit
from ext_proc.stages.count import ESTIMATED, estimated
from ext_proc.stages.express import expressible
from ext_proc.stages.facts import attribute_headers, facts_of, told_attributes
from ext_proc.stages.identify import CREDENTIAL_HEADERS, identify
from ext_proc.stages.models import is_models, list_models
from ext_proc.stages.over_limit import rate_limit_headers
from ext_proc.stages.own import Caller, check_files, own
from ext_proc.stages.prepare import Prepared, prepare
from ext_proc.stages.reach import picture
from ext_proc.stages.read import Reading, betas, error_api, found_at, path_of, read
from ext_proc.stages.route import Draw, has_backend, route
from ext_proc.stages.trial import HEADER as DRY_RUN_HEADER
from ext_proc.stages.trial import Trial, is_dry_run

DECISION_HEADER = "x-tollkeeper-decision"
WARNING_HEADER = "x-tollkeeper-warning"
OWN_HEADERS = "x-tollkeeper-"
VAIN_RETRY_AFTER = 30.0
"""Seconds to a reset from which on the SDKs' own quick retries would only fail again."""


@dataclass(slots=True)
class Exchange:
    """One call at the edge. `decide` is run once; what it learnt on the way stays for the record of a refusal."""

    snapshot: Snapshot
    decision_id: str
    now: float
    draw: Draw
    principal: Principal | None = None
    reading: Reading | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    trial: Trial | None = None

    async def decide(self, call: Call) -> Allow | Answer:
        """The whole story of a decision. Every refusal leaves here in the client's API's shape."""
        try:
            reply = await self._decided(call)
        except TollkeeperError as error:
            return self.refuse(call, error) if self.trial is None else self._tried_out(error)
        return reply if self.trial is None else self._tried_out(None)

    async def ask(self, reading: Reading, principal: Principal, attributes: Mapping[str, str]) -> dict[str, Any]:
        """The same as a question about a call that nobody has made: the answer to its dry run."""
        self.reading, self.principal, self.attributes = reading, principal, attributes
        self.trial, error = Trial(reading, by_numbers=True), None
        try:
            await self._routed(Call(reading.api.method, reading.api.paths[0], ()), reading, principal)
        except TollkeeperError as refusal:
            error = refusal
        return self.trial.told(self.snapshot, self.now, self.decision_id, error)

    async def _decided(self, call: Call) -> Allow | Answer:
        if is_models(call):
            return await self._models(call)
        found = found_at(call)
        principal = self.principal = await identify(call, self.snapshot, self.now)
        reading = self.reading = read(call, found)
        self.trial = Trial(reading) if is_dry_run(call) else None
        self.attributes = told_attributes(call, self.snapshot)
        if reading.api.keeps is not None:
            return await self._kept(call, reading, principal)
        await check_files(call, reading, principal, self.snapshot)
        if reading.outline.free and not has_backend(reading, principal, self.snapshot):
            return await self._estimated(call, reading, principal)
        plan, admission = await self._routed(call, reading, principal)
        prepared = prepare(call, reading, plan, self.snapshot)
        return self._allow(call, plan, prepared, self._told(admission, plan))

    def _tried_out(self, error: TollkeeperError | None) -> Answer:
        """A dry run leaves no record: it is no call."""
        assert self.trial is not None
        told = self.trial.told(self.snapshot, self.now, self.decision_id, error)
        headers = (("content-type", "application/json"), (DECISION_HEADER, self.decision_id), (DRY_RUN_HEADER, "true"))
        return Answer(200, headers, orjson.dumps(told), self.decision_id)

    async def _routed(self, call: Call, reading: Reading, principal: Principal) -> tuple[Plan, Admission]:
        try:
            return await self._tried(call, reading, principal)
        except OverLimit as refusal:
            return await self._elsewhere(call, reading, principal, refusal)

    async def _elsewhere(
        self, call: Call, reading: Reading, principal: Principal, refusal: OverLimit
    ) -> tuple[Plan, Admission]:
        """By the model that the limit names, each once. Where none takes the call over, the refusal stands."""
        tried, last = {reading.outline.model}, refusal
        while last.route is not None and last.route not in tried:
            tried.add(last.route)
            routed = {"limit": str(last.param), "model": last.route, "asked": reading.outline.model}
            try:
                return await self._tried(call, reading.of_model(last.route), principal, routed)
            except OverLimit as again:
                last = again
            except ClientError:
                break
        raise refusal

    async def _tried(
        self, call: Call, reading: Reading, principal: Principal, routed: dict[str, str] | None = None
    ) -> tuple[Plan, Admission]:
        steps = route(reading, principal, self.snapshot, call.native, self.draw)
        if self.trial is None or not self.trial.by_numbers:
            steps = expressible(reading, steps, drop=self._drops(reading))
        if self.trial is not None:
            self.trial.steps = steps
        plan = self._plan(call, reading, principal, steps)
        if routed is not None:
            plan = replace(plan, model=routed["asked"], routed=routed)
        admission = await self._admit(reading, principal, plan)
        return _admitted(plan, reading, admission), admission

    def _told(self, admission: Admission, plan: Plan) -> Headers:
        """How the limits stand, in headers."""
        warnings = [f"limit {name} is exceeded" for name in admission.warnings]
        if plan.routed:
            warnings.append(f"limit {plan.routed['limit']} is exceeded, served by {plan.routed['model']}")
        told = ((WARNING_HEADER, "; ".join(warnings)),) if warnings else ()
        return (*rate_limit_headers(admission.balances, self.now), *told)

    async def _kept(self, call: Call, reading: Reading, principal: Principal) -> Allow:
        """The same about what a provider keeps: its owner is found in place of a route."""
        owned = await own(Caller(call, reading, principal, self.snapshot, self.decision_id, self.now))
        reading = self.reading = owned.reading
        plan = replace(self._plan(call, reading, principal, (owned.step,)), keeps=owned.keeps)
        if self.trial is not None:
            self.trial.steps = plan.steps
        admission = await self._admit(reading, principal, plan, owned.lease)
        plan = _counted(plan, admission)
        prepared = prepare(call, reading, plan, self.snapshot)
        return self._allow(call, plan, prepared, self._told(admission, plan))

    async def _estimated(self, call: Call, reading: Reading, principal: Principal) -> Answer:
        """What no provider is asked is answered here; the access log settles it."""
        plan = replace(self._plan(call, reading, principal, ()), refused={"outcome": "served", "reason": None})
        body = estimated(reading, len(call.body))
        admission = await self._admit(reading, principal, plan)
        told = (("content-type", "application/json"), (DECISION_HEADER, plan.id), ESTIMATED)
        headers = (*told, *self._told(admission, plan))
        return Answer(200, headers, body, plan.id, _counted(plan, admission).dump())

    async def _admit(
        self, reading: Reading, principal: Principal, plan: Plan, lease: tuple[str, float] | None = None
    ) -> Admission:
        """`lease` is the id and the seconds of one that goes on after the call."""
        ticket = self._ticket(plan) if lease is None else self._ticket(plan).made_out_to(*lease)
        facts = facts_of(reading, principal, self.attributes, plan.steps, self.now)
        return await admit(reading, facts, plan.steps, self.snapshot, ticket)

    async def _models(self, call: Call) -> Answer:
        if call.method != "GET":
            raise WrongMethod(f"{path_of(call)} takes GET, not {call.method[:16]}.", allowed=("GET",))
        principal = await identify(call, self.snapshot, self.now)
        body = list_models(call, principal, self.snapshot)
        return Answer(
            200, (("content-type", "application/json"), (DECISION_HEADER, self.decision_id)), body, self.decision_id
        )

    def _plan(self, call: Call, reading: Reading, principal: Principal, steps: tuple[Step, ...]) -> Plan:
        return Plan(
            id=self.decision_id,
            at=self.now,
            api=reading.api.name,
            path=call.path,
            model=reading.outline.model,
            steps=steps,
            principal=_attributes(principal),
            stream=reading.outline.stream,
            show_usage=reading.outline.include_usage,
            cap=reading.outline.max_output_tokens,
            input_bound=reading.input_bound,
            n=reading.outline.n,
            writes=reading.outline.writes,
            units=dict(reading.outline.units),
            estimate=dict(reading.outline.estimate),
            picture=picture(reading.told),
            betas=betas(call, reading),
            drop=reading.api.keeps is None and self._drops(reading),
        )

    def _drops(self, reading: Reading) -> bool:
        return self.snapshot.model(reading.outline.model).on_unsupported == "drop"

    def _ticket(self, plan: Plan) -> Ticket:
        expired = Outcome(status=0, outcome="expired")
        entry = entry_of(plan, next(iter(plan.steps), None), expired, None, None, self.snapshot).row()
        return Ticket(plan.id, self.now, self.now + self.snapshot.lease_seconds, entry, self.trial)

    def _allow(self, call: Call, plan: Plan, prepared: Prepared | None, rate_limits: Headers) -> Allow:
        return Allow(
            plan=plan.dump(),
            decision_id=plan.id,
            backends=tuple(step.provider for step in plan.steps),
            set_headers=prepared.set_headers if prepared else (),
            remove_headers=prepared.remove_headers if prepared else self._foreign(call),
            edits=prepared.edits if prepared else (),
            response_headers=((DECISION_HEADER, plan.id), *rate_limits),
            ready=prepared is not None,
            cuts=bool(plan.slices),
        )

    def _foreign(self, call: Call) -> tuple[str, ...]:
        """What no provider may see of the request, whichever attempt then sets the headers."""
        own = {name for name, _ in call.headers if name.startswith(OWN_HEADERS)}
        return (*CREDENTIAL_HEADERS, *sorted(own | attribute_headers(self.snapshot)))

    def refuse(self, call: Call, error: TollkeeperError) -> Answer:
        api = error_api(call)
        headers = [("content-type", "application/json"), (DECISION_HEADER, self.decision_id), *api.error_headers(error)]
        if isinstance(error, WrongMethod):
            headers.append(("allow", ", ".join(error.allowed)))
        if isinstance(error, OverLimit):
            headers += rate_limit_headers(error.balances, self.now)
        if isinstance(error, OverLimit) and error.retry_after is None:
            headers.append(("x-should-retry", "false"))
        if error.retry_after is not None:
            headers.append(("retry-after", str(math.ceil(error.retry_after))))
            if error.retry_after > VAIN_RETRY_AFTER:
                headers.append(("x-should-retry", "false"))
        body = api.write_error(error, self.decision_id)
        return Answer(error.status, tuple(headers), body, self.decision_id, self._record(call, error))

    def _record(self, call: Call, error: TollkeeperError) -> str | None:
        """The plan of a refused call, so that the access log puts it on record; strangers leave none."""
        if self.principal is None or (isinstance(error, NotFound) and self.reading is None):
            return None
        outline = self.reading.outline if self.reading else None
        plan = Plan(
            id=self.decision_id,
            at=self.now,
            api=self.reading.api.name if self.reading else error_api(call).name,
            path=path_of(call),
            model=outline.model if outline else "",
            steps=(),
            principal=_attributes(self.principal),
            stream=bool(outline and outline.stream),
            refused={"outcome": "refused", "reason": _reason(error)},
        )
        return plan.dump()


def _admitted(plan: Plan, reading: Reading, admission: Admission) -> Plan:
    """The body must be told the cap when it is lower than what the client asked for, or the client asked for none."""
    plan = _counted(plan, admission)
    if admission.input_bound != plan.input_bound:
        plan = replace(plan, input_bound=admission.input_bound)
    if admission.slices:
        watched = tuple(step._replace(native=False) for step in plan.steps)
        slices = [asdict(claim) for claim in admission.slices]
        plan = replace(plan, steps=watched, slices=slices, held=admission.held)
    if admission.cap == reading.outline.max_output_tokens:
        return plan
    return replace(plan, cap=admission.cap, limit_output=admission.cap is not None)


def _counted(plan: Plan, admission: Admission) -> Plan:
    """With how its limits let the call in, for its settlement; most often there is nothing to say."""
    if not (admission.by_provider or admission.draws_on or admission.unchecked):
        return plan
    return replace(
        plan,
        by_provider=dict(admission.by_provider),
        draws_on=list(admission.draws_on),
        unchecked=list(admission.unchecked),
    )


def _attributes(principal: Principal) -> dict[str, str | None]:
    return {name: getattr(principal, name) for name in ATTRIBUTES}


def _reason(error: TollkeeperError) -> str:
    return f"{error.code}:{error.param}" if error.status == 429 and error.param else str(error.code)
