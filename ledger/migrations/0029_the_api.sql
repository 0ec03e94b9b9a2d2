-- The API of the gateway for other systems.

-- What came of each task of a request with many, in their order; null for a request with one task, whose job is in job_id.
alter table idempotency_keys add column outcomes jsonb;

-- rights: what a token may do besides asking for its jobs: send its tasks, read, change. A token of the previous version keeps what it
-- could do. tenant: it sees only stores of this tenant (stores.afosto_bucket); null means of all.
alter table api_tokens
    add column rights text[] not null default '{tasks}',
    add column tenant text;

-- Where other systems want to hear of events. secret: a Fernet token; what is sent is signed with it. stores: only events of these
-- (null: of all); tenant: only of stores of this tenant (null: of all). token_id: whose token made it; while that is revoked, nothing
-- is noted for it. trusted: the address may lead to this machine or a network inside. fence: +1 per run that sends; sending_until:
-- while it runs. failures: sends in a row that failed; failing_since and failure: since when, and how the last one failed.
create table subscriptions (
    id bigint generated always as identity primary key,
    url text not null,
    secret bytea not null,
    events text[] not null,
    stores text[],
    tenant text,
    token_id bigint references api_tokens on delete cascade,
    trusted boolean not null default false,
    created_at timestamptz not null default now(),
    next_at timestamptz not null default now(),
    sending_until timestamptz,
    fence bigint not null default 0,
    failures integer not null default 0,
    failing_since timestamptz,
    failure text,
    delivered bigint not null default 0,
    delivered_at timestamptz
);
create index subscriptions_token on subscriptions (token_id);

-- Events that a subscriber has not confirmed yet: written in the transaction of what they tell, deleted once confirmed. due_at: not sent
-- before. given_up_at: nobody confirmed it for days; it is not sent any more.
create table deliveries (
    id bigint generated always as identity primary key,
    subscription_id bigint not null references subscriptions on delete cascade,
    event_id uuid not null default gen_random_uuid(),
    event text not null,
    store text not null references stores on delete cascade,
    order_key text,
    facts jsonb not null,
    at timestamptz not null default now(),
    due_at timestamptz not null default now(),
    failures integer not null default 0,
    given_up_at timestamptz
);
create index deliveries_due on deliveries (subscription_id, due_at) where given_up_at is null;
create index deliveries_given_up on deliveries (given_up_at) where given_up_at is not null;
create index deliveries_store on deliveries (store);

-- Triggers, because several statements open an order, park a job or find a store unhealthy; without subscriptions none costs a
-- statement. An event whose order or job is not worth a warning in the log is none here either: see jobs.warned_reason.
create function note_event(kind text, of_store text, of_order text, what jsonb) returns void language sql as $$
    insert into deliveries (subscription_id, event, store, order_key, facts)
    select s.id, kind, of_store, of_order, what
    from subscriptions s join stores o on o.name = of_store left join api_tokens t on t.id = s.token_id
    where kind = any(s.events) and (s.stores is null or of_store = any(s.stores))
      and (s.tenant is null or s.tenant = o.afosto_bucket) and t.revoked_at is null
    order by s.id
$$;
create function links_note_imported() returns trigger language plpgsql as $$
begin
    if exists (select from subscriptions) then
        perform note_event('order.imported', new.store, new.order_key, jsonb_build_object('order', new.order_key,
            'number', (select number from orders o where o.store = new.store and o.id = new.order_key),
            'afosto_order', new.afosto_id, 'afosto_number', new.facts ->> 'number'));
    end if;
    return null;
end
$$;
create trigger links_note_imported after update of stage on links
for each row when (new.kind = 'order' and new.stage = 'opened' and old.stage <> 'opened') execute function links_note_imported();

create function jobs_note_parked() returns trigger language plpgsql as $$
begin
    if exists (select from subscriptions) then
        perform note_event('job.parked', new.store, new.order_key, jsonb_build_object('job', new.id, 'direction', new.direction,
            'flow', new.flow, 'subject', new.subject, 'reason', new.reason, 'message', new.message, 'resolution', new.resolution));
    end if;
    return null;
end
$$;
create trigger jobs_note_parked after update of state on jobs
for each row when (new.state = 'parked' and old.warned_reason is distinct from new.reason) execute function jobs_note_parked();
create trigger jobs_note_new_parked after insert on jobs
for each row when (new.state = 'parked') execute function jobs_note_parked();

create function note_unhealthy() returns trigger language plpgsql as $$
begin
    if exists (select from subscriptions) then
        perform note_event('store.unhealthy', new.store, null, jsonb_build_object('vendor', coalesce(to_jsonb(new) ->> 'vendor', 'connector'),
            'reason', coalesce(to_jsonb(new) ->> 'reason', 'unexpected-error'), 'message', new.message));
    end if;
    return null;
end
$$;
create trigger store_health_note_new after insert on store_health for each row execute function note_unhealthy();
create trigger store_health_note_other after update of reason on store_health
for each row when (new.reason <> old.reason) execute function note_unhealthy();
create trigger store_faults_note_new after insert on store_faults for each row execute function note_unhealthy();
