-- The HTTP doors: webhook endpoints, the tokens of other systems, and what was answered to a repeated request.

create table webhook_endpoints (
    id text primary key,
    store text not null references stores on delete cascade,
    secret bytea not null,
    previous_secret bytea,
    created_at timestamptz not null default now(),
    seen_at timestamptz
);

alter table inbox add column entity_type text not null default '';
alter table inbox add column triggered_at timestamptz;
alter table inbox add column store text;
alter table inbox add column order_key text;

create table api_tokens (
    id bigint generated always as identity primary key,
    name text not null,
    token_hash bytea not null unique,
    tasks text[] not null,
    stores text[] not null default '{}',
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at timestamptz
);
create unique index api_tokens_name on api_tokens (name) where revoked_at is null;

create table idempotency_keys (
    token_id bigint not null references api_tokens on delete cascade,
    key text not null,
    body_hash bytea not null,
    job_id bigint,
    answered_at timestamptz,
    created_at timestamptz not null default now(),
    primary key (token_id, key)
);
create index idempotency_keys_created on idempotency_keys (created_at);
