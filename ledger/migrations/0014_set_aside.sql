-- Messages that came on a queue and ask for nothing a worker can do. Equal ones are one row, so that times tells how often.
create table set_aside (
    id bigint generated always as identity primary key,
    queue text not null,
    fingerprint bytea not null,
    message_id text,
    task text,
    why text not null,
    size bigint not null,
    content text not null,
    times bigint not null default 1,
    first_at timestamptz not null default now(),
    last_at timestamptz not null default now(),
    unique (queue, fingerprint)
);
create index set_aside_last on set_aside (queue, last_at);
