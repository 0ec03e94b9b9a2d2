"""/v1/jobs: what is to be done, what is done, and what needs a person."""

from collections.abc import Callable, Collection, Mapping
from typing import Any

from marshmallow import Schema, fields, validate

from gateway.answers import STATES, JobSchema
from gateway.api.blueprint import IDS, NOT_SENT, TOKEN, api_blueprint
from gateway.api.pages import LimitSchema, NextSchema, next_page
from gateway.audit import noted
from gateway.bodies import takes_json
from gateway.callers import caller, decider, needs, store_refusal
from gateway.errors import described, refuse, refuse_for
from gateway.runtime import runtime
from ledger.jobs.jobs import JobFilter
from ledger.jobs.parked import ParkedGroup
from ledger.postgres.database import Row
from schemas.flows import JOBS
from schemas.reasons import Reason
from schemas.states import Right
from schemas.values.ids import Id

_LARGEST_ID = 2**63 - 1
# Jobs that one request retries or drops: as many as it may send tasks.
MOST_AT_ONCE = 1_000
_READ = {**NOT_SENT, 403: "The token may not read, or does not permit the store."}
_WRITE = {**NOT_SENT, 403: "The token may not write."}
_UNKNOWN_JOB = "There is no such job, or the token does not permit its store."
_WRITE_MANY = {
    **_WRITE,
    400: "A field is missing or wrong; the answer names it.",
    403: "The token may not write, or does not permit the store.",
    404: "The store is not connected, or there is no such reason.",
    413: "The body is larger than 64 KiB.",
    415: "The Content-Type is not JSON.",
}
_DECIDED = "The job runs, is on its way, or is done: nothing was changed."

blueprint = api_blueprint("Jobs", "What is to be done, what is done, and what needs a person.")


class JobsQuerySchema(LimitSchema):
    """Which jobs."""

    after = fields.Integer(
        load_default=None,
        validate=validate.Range(min=1, max=_LARGEST_ID, error="must be from {min} to {max}"),
        metadata={"description": "Taken from `next` of the page before; leave it out for the first page."},
    )
    store = Id(required=False)
    state = fields.String(load_default=None, validate=validate.OneOf(STATES, error="must be one of {choices}"))
    reason = Id(required=False)
    flow = fields.String(
        load_default=None,
        data_key="task",
        validate=validate.OneOf(tuple(JOBS), error="must be one of {choices}"),
        metadata={"description": "The task that runs it."},
    )
    order = Id(required=False, metadata={"description": "Its order's number or id on either side, or a tracking code."})


class JobsSchema(NextSchema):
    """A page of jobs, newest first."""

    jobs = fields.List(fields.Nested(JobSchema), required=True)


class ReasonSchema(Schema):
    """How many jobs of a task are parked for a reason, with the message and the advice of one of them."""

    task = fields.String(required=True, attribute="flow")
    reason = fields.String(required=True)
    jobs = fields.Integer(required=True)
    stores = fields.List(fields.String(), required=True, metadata={"description": "Some of their stores."})
    store_count = fields.Integer(required=True)
    oldest = fields.AwareDateTime(required=True, metadata={"description": "Since when the first is parked."})
    failed_again = fields.Integer(required=True, metadata={"description": "Retried by a person and parked once more."})
    message = fields.String(allow_none=True)
    resolution = fields.String(allow_none=True)


class ReasonsSchema(Schema):
    """The parked jobs by reason, the most frequent first."""

    reasons = fields.List(fields.Nested(ReasonSchema), required=True)


class ParkedJobsSchema(Schema):
    """The jobs that are parked for a reason, of one store or of all that the token may see."""

    reason = Id(metadata={"example": "totals-differ"})
    store = Id(required=False)


class RetriedSchema(Schema):
    """How many jobs run again, and whether there may be more: then send the request once more."""

    jobs = fields.Integer(required=True)
    more = fields.Boolean(required=True)


class DroppedSchema(RetriedSchema):
    """How many jobs were dropped, and whether there may be more: then send the request once more."""

    with_order = fields.Integer(
        required=True,
        metadata={"description": "Other jobs that were dropped with the import of the order they waited for."},
    )


@blueprint.route("/jobs")
@blueprint.arguments(JobsQuerySchema, location="query")
@described(blueprint, {**_READ, 400: "A parameter is wrong; the answer names it."}, security=TOKEN)
@blueprint.response(200, JobsSchema)
@needs(Right.READ)
def list_jobs(query: dict[str, Any]) -> dict[str, Any]:
    """List jobs, newest first, such as those that are parked for a reason."""
    if query["store"]:
        refuse_for(store_refusal(query["store"]))
    stores = {query["store"]} if query["store"] else caller().stores
    wanted = JobFilter(stores=stores, **{name: query[name] for name in ("state", "reason", "flow", "order")})
    rows = runtime().ledger.jobs.select(wanted, before=query["after"], limit=query["limit"] + 1)
    return {"jobs": rows[: query["limit"]], "next": next_page(rows, _as_sent(query), "id")}


def _as_sent(query: dict[str, Any]) -> dict[str, Any]:
    return {"task" if name == "flow" else name: value for name, value in query.items()}


@blueprint.route("/jobs/reasons")
@described(blueprint, _READ, security=TOKEN)
@blueprint.response(200, ReasonsSchema)
@needs(Right.READ)
def reasons() -> dict[str, list[ParkedGroup]]:
    """Count the parked jobs by reason."""
    return {"reasons": runtime().ledger.parked.groups(caller().stores)}


@blueprint.route("/jobs/<" + IDS + ":job>")
@described(blueprint, {**NOT_SENT, 404: _UNKNOWN_JOB}, security=TOKEN)
@blueprint.response(200, JobSchema)
def job(job: int) -> Row:
    """Show the state of a job."""
    return _find(job)


@blueprint.route("/jobs/<" + IDS + ":job>/retry", methods=["POST"])
@described(blueprint, {**_WRITE, 404: _UNKNOWN_JOB, 409: _DECIDED}, security=TOKEN)
@blueprint.response(202, JobSchema)
@needs(Right.WRITE)
def retry(job: int) -> Row:
    """Run a job again."""
    _find(job)
    if not runtime().ledger.jobs.retry(ids=[job], by=decider()):
        refuse(409, "not-changed", _DECIDED)
    return _find(job)


@blueprint.route("/jobs/<" + IDS + ":job>/drop", methods=["POST"])
@described(blueprint, {**_WRITE, 404: _UNKNOWN_JOB, 409: _DECIDED}, security=TOKEN)
@blueprint.response(200, JobSchema)
@needs(Right.WRITE)
def drop(job: int) -> Row:
    """Declare a job done as it is. News about its order opens it again."""
    _find(job)
    if not runtime().ledger.jobs.drop(ids=[job], by=decider())[0]:
        refuse(409, "not-changed", _DECIDED)
    return _find(job)


@blueprint.route("/jobs/retry", methods=["POST"])
@takes_json
@blueprint.arguments(ParkedJobsSchema)
@described(blueprint, _WRITE_MANY, security=TOKEN)
@blueprint.response(200, RetriedSchema)
@needs(Right.WRITE)
def retry_all(given: dict[str, str | None]) -> dict[str, int | bool]:
    """Run all jobs again that are parked for a reason, up to 1,000 per request, those first that were parked first.

    Sent once more it retries only what is parked by then.
    """
    jobs = runtime().ledger.jobs
    return _decide_all("parked.retry_all", given, lambda **wanted: (jobs.retry(**wanted), 0))


@blueprint.route("/jobs/drop", methods=["POST"])
@takes_json
@blueprint.arguments(ParkedJobsSchema)
@described(blueprint, _WRITE_MANY, security=TOKEN)
@blueprint.response(200, DroppedSchema)
@needs(Right.WRITE)
def drop_all(given: dict[str, str | None]) -> dict[str, int | bool]:
    """Declare all jobs done that are parked for a reason, up to 1,000 per request, those first that were parked first.

    What they stand for is not carried over. News about an order opens its jobs again.
    """
    return _decide_all("parked.drop_all", given, runtime().ledger.jobs.drop)


def _decide_all(
    action: str, given: Mapping[str, str | None], decide: Callable[..., tuple[list[int], int]]
) -> dict[str, int | bool]:
    """Decide about all jobs that a request means, and note it; `decide` returns their ids, and how many others went."""
    store, reason = given["store"], given["reason"]
    if store:
        refuse_for(store_refusal(store))
    stores = {store} if store else caller().stores
    with noted(action, store or "") as details:
        taken, with_order = decide(reason=reason, stores=stores, limit=MOST_AT_ONCE, by=decider())
        details += [str(reason), f"{len(taken)} jobs"]
        _require_reason(reason, taken)
    return {"jobs": len(taken), "more": len(taken) == MOST_AT_ONCE, "with_order": with_order}


def _require_reason(reason: str | None, taken: Collection[int]) -> None:
    """Refuse a reason that nobody gives. Those of the shop are known only while a job is parked for one."""
    if not taken and reason not in set(Reason):
        said = f"No job is parked for the reason {reason}; see the reasons with: GET /v1/jobs/reasons"
        refuse(404, "unknown-reason", said, field="reason")


def _find(job: int) -> Row:
    row = runtime().ledger.jobs.find(job)
    if row is None or not caller().may_see(row["store"]):
        message = (
            f"There is no job {job}, or the token does not permit its store; use the id from the answer to a task."
        )
        refuse(404, "unknown-job", message)
    return row
