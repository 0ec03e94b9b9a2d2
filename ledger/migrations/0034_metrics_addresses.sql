-- Where a process answers /metrics, HOST:PORT as others reach it. process: gateway, console, or the queues that a worker consumes.
-- seen_at: the process says every half minute that it lives. What was not seen for a day is deleted.
create table metrics_addresses (
    address text primary key,
    process text not null,
    seen_at timestamptz not null default now()
);
