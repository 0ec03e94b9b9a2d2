-- The API of the gateway for other systems.

-- What came of each task of a request with many, in their order; null for a request with one task, whose job is in job_id.
alter table idempotency_keys add column outcomes jsonb;
