"""GET /v1/jobs/ID: the state of a job."""

from gateway.answers import JobSchema
from gateway.api.blueprint import IDS, NOT_SENT, TOKEN, api_blueprint
from gateway.callers import caller
from gateway.errors import described, refuse
from gateway.runtime import runtime
from ledger.postgres.database import Row

_UNKNOWN_JOB = "There is no such job, or the token does not permit its store."

blueprint = api_blueprint("Jobs", "What is to be done, what is done, and what needs a person.")


@blueprint.route("/jobs/<" + IDS + ":job>")
@described(blueprint, {**NOT_SENT, 404: _UNKNOWN_JOB}, security=TOKEN)
@blueprint.response(200, JobSchema)
def job(job: int) -> Row:
    """Show the state of a job."""
    row = runtime().ledger.jobs.find(job)
    if row is None or not caller().may_see(row["store"]):
        message = (
            f"There is no job {job}, or the token does not permit its store; use the id from the answer to a task."
        )
        refuse(404, "unknown-job", message)
    return row
