-- jobs.trace: the span that requested the job last, as the `traceparent` of W3C's Trace Context (55 characters), so that a trace
-- goes on over the wait in the database. Null when traces are off, and for work that is not urgent: its runs begin traces of
-- their own. A version without this column leaves it as it is; then a run may join the trace of an older request.
alter table jobs add column trace text;
