-- The whole present schema. The migrations in ledger/migrations lead to the same schema; a test compares them.

create table schema_migrations (
    version text primary key,
    applied_at timestamptz not null default now()
);

-- One connected ePages shop. Secrets are Fernet tokens of the key set in CONNECTOR_KEYS. needs_recovery_before: set when the
-- database was restored from a dump; nothing is done for an order placed before that moment until it has recovered.
-- held_until: its old name. resumed_at: when a pause last ended; before that nothing was promised. afosto_bucket: the tenant. Stores with an equal one belong to one merchant at Afosto; ids of Afosto
-- are compared only between these. It is named after the tenant's first key, and stays when a key is replaced.
create table stores (
    name text primary key,
    base_url text not null,
    client_id text not null,
    client_secret bytea not null,
    afosto_key bytea not null,
    afosto_bucket text not null,
    channel_id text not null,
    import_since timestamptz not null,
    connected_at timestamptz not null default now(),
    totals text not null default 'tolerate' check (totals in ('strict', 'tolerate', 'accept')),
    open_unpaid boolean not null default false,
    paused_at timestamptz,
    scopes text[] not null default '{}',
    access_token bytea,
    token_expires_at timestamptz,
    notify_buyers boolean not null default true,
    mark_orders boolean not null default false,
    held_until timestamptz,
    open_partly_paid boolean not null default false,
    token_issued_at timestamptz,
    needs_recovery_before timestamptz,
    resumed_at timestamptz
);

-- For workers of the previous version, which know the column by its old name. A later release drops the trigger and the column.
create function stores_keep_old_names() returns trigger language plpgsql as $$
begin
    if new.held_until is distinct from old.held_until then
        new.needs_recovery_before := new.held_until;
    else
        new.held_until := new.needs_recovery_before;
    end if;
    return new;
end
$$;
create trigger stores_keep_old_names before insert or update of held_until, needs_recovery_before on stores
for each row when (new.held_until is distinct from new.needs_recovery_before) execute function stores_keep_old_names();

-- One switch per flow of a store; `stopped_reason` is set when the flow was stopped automatically and a person must decide.
create table store_flows (
    store text not null references stores on delete cascade,
    direction text not null check (direction in ('import', 'export')),
    flow text not null,
    enabled boolean not null default true,
    stopped_reason text,
    stopped_message text,
    primary key (store, direction, flow)
);

-- A row exists only while something is wrong with a vendor for a store; the next success removes it.
create table store_health (
    store text not null references stores on delete cascade,
    vendor text not null check (vendor in ('epages', 'afosto')),
    reason text not null,
    message text not null,
    since timestamptz not null default now(),
    retry_at timestamptz not null,
    primary key (store, vendor)
);

-- Unexpected errors in the runs over a store (its poll, scan, watch, sweep). The next run that succeeds removes the row.
create table store_faults (
    store text not null references stores on delete cascade,
    run text not null,
    message text not null,
    since timestamptz not null default now(),
    primary key (store, run)
);

-- Which location of Afosto a location of the shop is, and whose stock the store sells. epages_id is empty where only the stock is
-- sold.
create table locations (
    store text not null references stores on delete cascade,
    afosto_id text not null,
    epages_id text not null,
    primary key (store, afosto_id, epages_id)
);

-- How far a store's orders are read. live: from the moment of connecting on; history: import_since up to it;
-- sweep: the nightly reading by creation date. `width` is the learned slice width in seconds. `lateness` is the longest of a
-- day in seconds, seen at `lateness_at`. `running_until`: a run reads, and shows a sign of life before that. `caught_up_at`: when a
-- run last ended with nothing left to read.
create table cursors (
    store text not null references stores on delete cascade,
    kind text not null check (kind in ('live', 'history', 'sweep')),
    position timestamptz not null,
    origin timestamptz not null,
    upper_end timestamptz,
    width double precision not null default 3600,
    fence bigint not null default 0,
    next_poll_at timestamptz,
    polled_at timestamptz,
    lateness double precision not null default 0,
    requests bigint not null default 0,
    documents bigint not null default 0,
    lateness_at timestamptz,
    prepaid boolean not null default false,
    running_until timestamptz,
    caught_up_at timestamptz,
    primary key (store, kind)
);
create index cursors_due on cursors (next_poll_at) where next_poll_at is not null;

-- The five-minute windows of a day (UTC) in which the news of a store was older than promised, one bit each; the first one begins at
-- midnight. A poll that came too late writes them, so a store that keeps its promise has no row.
create table missed_windows (
    store text not null references stores on delete cascade,
    day date not null,
    windows bit(288) not null,
    primary key (store, day)
);
create index missed_windows_day on missed_windows (day);

-- The five-minute windows from one moment to another, as missed_windows keeps them; none if the second is not later.
create function windows_between(first timestamptz, last timestamptz) returns table (day date, windows bit(288))
language sql stable as $$
    select date '1970-01-01' + (w / 288)::int, bit_or(set_bit(0::bit(288), (w % 288)::int, 1))
    from generate_series(floor(extract(epoch from first) / 300)::bigint, ceil(extract(epoch from last) / 300)::bigint - 1) as w
    where first < last
    group by 1
$$;

-- Every order ever seen, so that "what happened to order 10001?" finds its id. Of an order that does not load only the number is
-- known, no times. recovered: since the last restore both sides were compared, or a person decided; settled: its old name.
create table orders (
    store text not null references stores on delete cascade,
    id text not null,
    number text not null,
    created_at timestamptz,
    updated_at timestamptz,
    is_test boolean not null default false,
    is_final boolean not null default false,
    first_seen_at timestamptz not null default now(),
    settled boolean not null default false,
    recovered boolean not null default false,
    primary key (store, id)
);
create index orders_store on orders (store);
create index orders_tests on orders (store) where is_test;
create index orders_number on orders (number, store);
create index orders_id on orders (id, store);
create index orders_unfinished on orders (store, created_at) where not is_final;

-- The newest document of an order, as a poll read it, until the imports of the order are settled: a zlib-compressed JSON text as a
-- Fernet token. updated_at: when the shop changed the order. read_at: before the shop was asked for it.
create table order_documents (
    store text not null references stores on delete cascade,
    order_id text not null,
    document bytea not null,
    updated_at timestamptz not null,
    read_at timestamptz not null,
    primary key (store, order_id)
);
create index order_documents_read on order_documents (read_at);

-- For workers of the previous version, which know the column by its old name. A later release drops the trigger and the column.
create function orders_keep_old_names() returns trigger language plpgsql as $$
begin
    if tg_op = 'INSERT' then
        new.settled := new.settled or new.recovered;
        new.recovered := new.settled;
    elsif new.settled is distinct from old.settled then
        new.recovered := new.settled;
    else
        new.settled := new.recovered;
    end if;
    return new;
end
$$;
create trigger orders_keep_old_names before insert or update of settled, recovered on orders
for each row when (new.settled is distinct from new.recovered) execute function orders_keep_old_names();

-- One row per thing to keep in step. `wanted` and `done` are versions: open while wanted > done. While `prepaid`, the numbers of
-- calls in the prepaid_ columns are reserved at the vendors, from `due_at` on. warned_reason: the reason for which
-- the log last said that the job is parked; told: its old name. decision: what a person decided last. asked_at: when somebody last
-- said that there is news.
create table jobs (
    id bigint generated always as identity primary key,
    store text not null references stores on delete cascade,
    direction text not null check (direction in ('import', 'export')),
    flow text not null,
    subject text not null,
    order_key text not null,
    lane smallint not null default 1 check (lane between 0 and 2),
    wanted bigint not null default 1,
    done bigint not null default 0,
    content_hash text,
    document_at timestamptz,
    state text not null default 'waiting' check (state in ('waiting', 'queued', 'running', 'done', 'parked')),
    due_at timestamptz not null default now(),
    queued_at timestamptz,
    fence bigint not null default 0,
    holder text,
    claimed_at timestamptz,
    claimed_version bigint,
    lease_until timestamptz,
    prepaid boolean not null default false,
    failures integer not null default 0,
    failing_since timestamptz,
    claims integer not null default 0,
    reason text,
    message text,
    resolution text,
    created_at timestamptz not null default now(),
    settled_at timestamptz,
    prepaid_epages smallint not null default 0,
    prepaid_afosto smallint not null default 0,
    told text,
    decision text,
    decided_by text,
    decided_at timestamptz,
    warned_reason text,
    asked_at timestamptz,
    trace text,
    unique (store, direction, flow, subject)
);
create unique index jobs_one_per_order on jobs (store, order_key) where state in ('queued', 'running');
create index jobs_waiting on jobs (direction, flow, store, lane, due_at) where state = 'waiting';
create index jobs_prepaid on jobs (direction, flow, due_at) where state = 'waiting' and prepaid;
create index jobs_queued on jobs (direction, flow, queued_at) where state = 'queued';
create index jobs_running on jobs (lease_until) where state = 'running';
create index jobs_parked on jobs (store, reason) where state = 'parked';
create index jobs_order on jobs (store, order_key);
create index jobs_settled on jobs (settled_at);
create index jobs_done on jobs (store, settled_at) where state = 'done';
create index jobs_due on jobs (direction, flow, due_at) include (store, lane) where state = 'waiting';

-- For workers of the previous version, which know the column by its old name. A later release drops the trigger and the column.
create function jobs_keep_old_names() returns trigger language plpgsql as $$
begin
    if new.told is distinct from old.told then
        new.warned_reason := new.told;
    else
        new.told := new.warned_reason;
    end if;
    return new;
end
$$;
create trigger jobs_keep_old_names before insert or update of told, warned_reason on jobs
for each row when (new.told is distinct from new.warned_reason) execute function jobs_keep_old_names();

-- What in the shop corresponds to what in Afosto. `written_by` says which side had it first.
-- order: stage created -> filled -> opened, or expired. parcel: process <-> parcel, its stage the last parcel status that
-- both sides had. cancellation and return: one unit each; of a return, the stage is its status in the shop.
create table links (
    id bigint generated always as identity primary key,
    store text not null references stores on delete cascade,
    kind text not null check (kind in ('order', 'parcel', 'cancellation', 'return')),
    order_key text not null,
    line_id text,
    epages_id text,
    afosto_id text not null,
    quantity integer not null default 1,
    written_by text not null check (written_by in ('epages', 'afosto')),
    stage text not null default 'done',
    facts jsonb not null default '{}',
    created_at timestamptz not null default now(),
    constraint links_epages unique (store, kind, epages_id),
    constraint links_afosto unique (store, kind, afosto_id)
);
create index links_order on links (store, order_key);
create index links_afosto_order on links (afosto_id, store) where kind = 'order';
create index links_afosto_number on links ((facts ->> 'number'), store) where kind = 'order';
create index links_tracking on links ((facts ->> 'tracking_code'), store) where kind = 'parcel';
create index links_shop_code on links ((facts ->> 'shop_code'), store) where kind = 'parcel' and facts ? 'afosto_code';
create index links_afosto_code on links ((facts ->> 'afosto_code'), store) where kind = 'parcel' and facts ? 'afosto_code';
create index links_imported on links (store, created_at) where kind = 'order';
create index links_opened on links (store) where kind = 'order' and stage = 'opened';

-- Written and committed before a call that creates something; resolved after it, which sets settled_at.
create table intents (
    id bigint generated always as identity primary key,
    store text not null references stores on delete cascade,
    order_key text not null,
    job_id bigint not null references jobs on delete cascade,
    kind text not null,
    body jsonb not null,
    created_at timestamptz not null default now(),
    ambiguous_until timestamptz not null,
    settled_at timestamptz,
    outcome text
);
create index intents_open on intents (store, order_key) where settled_at is null;
create index intents_settled on intents (settled_at) where settled_at is not null;

-- Drafts that were given up after a lost answer: never opened, expired and counted.
create table orphans (
    store text not null references stores on delete cascade,
    afosto_id text not null,
    order_key text not null,
    created_at timestamptz not null default now(),
    expired_at timestamptz,
    primary key (store, afosto_id)
);

-- Orders that are open in Afosto or may be opened there: when each was last looked at, and whether it is closed, or a draft that
-- nobody is expected to open by hand.
create table watched (
    store text not null references stores on delete cascade,
    order_id text not null,
    opened_at timestamptz not null default now(),
    looked_at timestamptz not null default now(),
    closed boolean not null default false,
    primary key (store, order_id)
);
create index watched_looked on watched (store, closed, looked_at);

-- The scan of a store's watched orders, for changes that no event reports. `lists` is whether Afosto lists changed orders (null:
-- not tried yet), `listed_to` how far that list is read, `news_at` when the store last had news. changes_missed: how many changes scans
-- have found since the last event of the tenant, for which no event had come; missed_since, missed_at: when the first and the last of them
-- were found.
create table walks (
    store text primary key references stores on delete cascade,
    next_at timestamptz not null default now(),
    lists boolean,
    listed_to timestamptz not null default now(),
    news_at timestamptz not null default now(),
    changes_missed integer not null default 0,
    missed_since timestamptz,
    missed_at timestamptz
);
create index walks_due on walks (next_at);

-- Where Afosto sends its webhooks: the id is part of the address. Both secrets are Fernet tokens; the previous one is
-- accepted until its rotation is finished.
create table webhook_endpoints (
    id text primary key,
    store text not null references stores on delete cascade,
    secret bytea not null,
    previous_secret bytea,
    created_at timestamptz not null default now(),
    seen_at timestamptz
);

-- Webhooks received, without their content: `store` and `order_key` when the order was found. Kept for CONNECTOR_INBOX_DAYS.
create table inbox (
    endpoint text not null,
    message_id text not null,
    event text not null,
    entity_type text not null default '',
    entity_id text not null,
    triggered_at timestamptz,
    store text,
    order_key text,
    received_at timestamptz not null default now(),
    primary key (endpoint, message_id)
);
create index inbox_received on inbox (received_at);
create index inbox_order on inbox (store, order_key);

-- Other systems and what they may do: only a hash of the token is kept. Empty `stores` means all of them. rights: send its tasks,
-- read, change. tenant: it sees only stores of this tenant (stores.afosto_bucket); null means of all. rotated_at: when it last got another
-- hash; null: never. old_token_hash: the hash of before, accepted until old_until; both null when none is. old_used_at: its last use.
create table api_tokens (
    id bigint generated always as identity primary key,
    name text not null,
    token_hash bytea not null unique,
    tasks text[] not null,
    stores text[] not null default '{}',
    created_at timestamptz not null default now(),
    last_used_at timestamptz,
    revoked_at timestamptz,
    rights text[] not null default '{tasks}',
    tenant text,
    rotated_at timestamptz,
    old_token_hash bytea,
    old_until timestamptz,
    old_used_at timestamptz
);
create unique index api_tokens_name on api_tokens (name) where revoked_at is null;

-- The answer to a request, so that its repeat does nothing. Kept for a day. outcomes: what came of each task of a request with many,
-- in their order; null for a request with one task, whose job is in job_id.
create table idempotency_keys (
    token_id bigint not null references api_tokens on delete cascade,
    key text not null,
    body_hash bytea not null,
    job_id bigint,
    answered_at timestamptz,
    created_at timestamptz not null default now(),
    outcomes jsonb,
    primary key (token_id, key)
);
create index idempotency_keys_created on idempotency_keys (created_at);

-- What each attempt did, how long it took and how it ended. Kept for CONNECTOR_ATTEMPTS_DAYS.
create table attempts (
    id bigint generated always as identity primary key,
    job_id bigint not null,
    store text not null,
    order_key text not null,
    direction text not null,
    flow text not null,
    fence bigint not null,
    worker text not null,
    outcome text not null,
    message text not null,
    steps jsonb not null,
    seconds double precision not null,
    requests integer not null,
    at timestamptz not null default now()
);
create index attempts_order on attempts (store, order_key, id);
create index attempts_at on attempts (at);
create index attempts_failed on attempts (store, at)
    where outcome in ('failed for now', 'unexpected error', 'parked', 'lease lost', 'store has a problem');

-- Worker processes that did not end properly, with the queues they consume and how many jobs they run at once. pid: with the
-- host it tells the next process of a pool which ones it replaces. settings: those it runs with, without addresses and secrets.
-- listened_at: when the broker last answered this worker, or all its slots were busy; null for a worker of the previous version.
create table workers (
    id text primary key,
    host text not null,
    queues text[] not null,
    slots integer not null,
    seen_at timestamptz not null default now(),
    stuck text[] not null default '{}',
    pid integer,
    settings jsonb not null default '{}',
    listened_at timestamptz
);

-- Where a process answers /metrics, HOST:PORT as others reach it. process: gateway, console, beat, or the queues that a worker consumes.
-- seen_at: the process says every half minute that it lives. What was not seen for a day is deleted.
create table metrics_addresses (
    address text primary key,
    process text not null,
    seen_at timestamptz not null default now()
);

-- One row: when dispatch ran last.
create table dispatches (
    single boolean primary key default true check (single),
    ran_at timestamptz not null
);

-- One row per process of beat. sent_at: when the broker last took one of its messages.
create table beats (
    id text primary key,
    host text not null,
    sent_at timestamptz not null default now()
);

-- An order line as the shop last said. sold_units: pieces out of the shop's stock for the buyer. undeducted: units of the line
-- that Afosto has open and not deducted; null while the order is not opened in Afosto. undeducted_at: when that was noted.
create table sold_lines (
    store text not null references stores on delete cascade,
    order_id text not null,
    line_id text not null,
    sku text not null,
    sold_units integer not null,
    document_at timestamptz not null,
    undeducted integer,
    undeducted_at timestamptz,
    primary key (store, order_id, line_id)
);
create index sold_lines_unbooked on sold_lines (sku, store) include (sold_units, undeducted)
    where sold_units > 0 and (undeducted is null or undeducted > 0);
create index sold_lines_noted on sold_lines (sku, store, undeducted_at);

-- The rule for U: what the shop has sold of a line and Afosto has not booked. The reference is `unbooked_stock` in
-- schemas/mapping/stock.py. The condition is that of the index sold_lines_unbooked, which serves it.
create view unbooked_lines as
select store, order_id, line_id, sku, sold_units, undeducted_at, least(sold_units, undeducted) as unbooked
from sold_lines
where sold_units > 0 and (undeducted is null or undeducted > 0);

-- For workers of the previous version: they insert, update and delete through it. They tell a new line by its xmax.
create view order_lines as
select store, order_id, line_id, sku, sold_units as held, document_at, undeducted as waiting, undeducted_at as waiting_at, xmax
from sold_lines;

-- One row per SKU of a store. `wanted` and `done` are versions: to be published while wanted > done.
-- ambiguous_until: written before the shop's stock is moved, cleared by the answer; while it is set, the SKU is not touched
-- before that time. recheck_at: published once more then, because a move whose answer was lost may land late.
-- moved_product_id, moved_variation_id: where it was last moved, whatever SKU is there when such a move lands.
-- emptied_at: publishing took it to zero then; null once it has pieces again. may_empty: a person has seen that it goes there.
create table stock (
    store text not null references stores on delete cascade,
    sku text not null,
    wanted bigint not null default 1,
    done bigint not null default 0,
    product_id text,
    variation_id text,
    published integer,
    available integer,
    promised integer,
    outcome text,
    message text,
    resolution text,
    changed_at timestamptz,
    ambiguous_until timestamptz,
    recheck_at timestamptz,
    checked_at timestamptz,
    emptied_at timestamptz,
    may_empty boolean not null default false,
    moved_product_id text,
    moved_variation_id text,
    primary key (store, sku)
);
create index stock_sku on stock (sku, store);
create index stock_wanted on stock (store, sku)
    where wanted > done or recheck_at is not null or ambiguous_until is not null;

-- How far a store's inventory changes are read. position null: everything the shop sells is published again, and the scan of its
-- catalog has passed `walked` products. prepaid: the calls of its next turn are reserved. searched: how many products a search
-- for SKUs that are not where they were has passed, null when none runs; search_began_at: when the last search began.
create table stock_cursors (
    store text primary key references stores on delete cascade,
    position timestamptz,
    walked integer not null default 0,
    prepaid boolean not null default false,
    next_poll_at timestamptz not null default now(),
    polled_at timestamptz,
    lists_changes boolean not null default true,
    news_at timestamptz not null default now(),
    searched integer,
    search_began_at timestamptz
);
create index stock_cursors_due on stock_cursors (next_poll_at);

-- Messages on a queue that no worker can process. Equal ones are one row; times says how often they came.
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

-- A person who signs in to the console. name: in small letters. password_hash: Argon2id. language and zone: of the pages; null is
-- what the browser says, and UTC. company_account: issuer and subject of the account by which the user signs in at the company's OpenID
-- Connect provider; they never change, unlike a mail address. Null until the first such sign-in. has_password: false for a user who signs in with that account only; password_hash is then that of a
-- random password that nobody knows.
create table users (
    name text primary key,
    role text not null check (role in ('viewer', 'operator', 'admin', 'merchant')),
    password_hash text not null,
    language text,
    zone text,
    created_at timestamptz not null default now(),
    password_at timestamptz not null default now(),
    company_account text,
    has_password boolean not null default true
);
create unique index users_company_account on users (company_account);

-- The stores that a merchant sees and changes. The other roles see all of them.
create table user_stores (
    user_name text not null references users on delete cascade,
    store text not null references stores on delete cascade,
    primary key (user_name, store)
);
create index user_stores_store on user_stores (store);

-- A browser that a user signed in with. token_hash: SHA-256 of its cookie. address, agent: where it signed in from. draft: a form
-- that came after the session had ended, kept until the user signs in again: JSON without secrets, as a Fernet token.
create table user_sessions (
    id bigint generated always as identity primary key,
    token_hash bytea not null unique,
    user_name text not null references users on delete cascade,
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    address text not null,
    agent text not null,
    draft bytea
);
create index user_sessions_user on user_sessions (user_name);
create index user_sessions_seen on user_sessions (seen_at);

-- Sign-ins that are being tried or were refused, to slow down who guesses. account: a keyed hash of the name that was typed, which
-- may be a password by mistake.
create table sign_in_attempts (
    id bigint generated always as identity primary key,
    account bytea not null,
    address text not null,
    at timestamptz not null default now()
);
create index sign_in_attempts_account on sign_in_attempts (account, at);
create index sign_in_attempts_address on sign_in_attempts (address, at);
create index sign_in_attempts_at on sign_in_attempts (at);

-- Who changed what in the console, when and from where. outcome: done, refused or failed; null while the change runs, and when its
-- process died in it. subject: the store or user that was changed.
create table audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    user_name text not null,
    action text not null,
    subject text not null,
    detail text not null default '',
    address text not null,
    outcome text
);
create index audit_at on audit (at);
create index audit_user on audit (user_name, id);
create index audit_subject on audit (subject, id);

-- A store that somebody is connecting in the console, kept step by step. owner: whose it is; null once that user is removed. invited_name:
-- the only store name that an invitation allows (null: any). client_secret, afosto_key: Fernet tokens, null until they are typed and
-- after the store is connected. scopes: what the shop permitted when it was last checked with these credentials; null: not checked. choices:
-- channel, locations and switches. version: +1 per change; a form that was loaded before somebody else's change is refused.
-- changed_by: who made the last one. connecting_until: meanwhile a request connects the store. connected_at: the store exists.
create table connection_drafts (
    id bigint generated always as identity primary key,
    owner text references users on delete set null,
    invited_name text,
    name text not null default '',
    client_id text not null default '',
    client_secret bytea,
    afosto_key bytea,
    scopes text[],
    choices jsonb not null default '{}',
    version integer not null default 1,
    changed_by text,
    created_at timestamptz not null default now(),
    changed_at timestamptz not null default now(),
    connecting_until timestamptz,
    connected_at timestamptz
);
create index connection_drafts_owner on connection_drafts (owner);
create index connection_drafts_changed on connection_drafts (changed_at);

-- A link by which somebody without an account may connect one store and becomes its merchant. secret_hash: SHA-256 of the link's secret.
-- store_name: the only store name that it allows (null: any). used_by: the merchant who used it; used once.
create table invitations (
    id bigint generated always as identity primary key,
    secret_hash bytea not null unique,
    store_name text,
    made_by text not null,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    used_by text,
    revoked_at timestamptz
);
create index invitations_expires on invitations (expires_at);
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

-- comparisons: of both sides of a store, which a person asked for in the console. At most one of a store is open. orders_to: the orders
-- placed before it are compared (null: none yet), up to asked_at; then orders_done. sku_to: the stock up to this SKU is compared.
-- due_at: when dispatch sends it (again), unless its run says before that it goes on. fence: +1 per run that is sent. error: why it
-- ended early; null: it did not.
create table comparisons (
    id bigint generated always as identity primary key,
    store text not null references stores on delete cascade,
    asked_by text not null,
    asked_at timestamptz not null default now(),
    orders_to timestamptz,
    orders_done boolean not null default false,
    sku_to text not null default '',
    orders integer not null default 0,
    skus integer not null default 0,
    waiting_for_payment integer not null default 0,
    left_out jsonb not null default '[]',
    fence bigint not null default 1,
    due_at timestamptz not null default now(),
    ended_at timestamptz,
    error text
);
create unique index comparisons_open on comparisons (store) where ended_at is null;
create index comparisons_due on comparisons (due_at) where ended_at is null;
create index comparisons_store on comparisons (store, id);
create index comparisons_asked on comparisons (asked_at);

-- What a comparison found to be unequal. key: the order's id in the shop, or the SKU; subject: the order's number, or the SKU. repair:
-- the jobs that mend it, as [direction, flow]; repaired_at, repaired_by: when they were requested, and by whom.
create table differences (
    id bigint generated always as identity primary key,
    comparison_id bigint not null references comparisons on delete cascade,
    key text not null,
    subject text not null,
    kind text not null,
    sku text,
    shop text not null,
    afosto text not null,
    state text not null,
    cause text not null,
    advice text not null,
    repair jsonb not null,
    repaired_at timestamptz,
    repaired_by text
);
create index differences_comparison on differences (comparison_id, id);
create index differences_key on differences (key);

-- The nightly sweeps of a store: documents that were read, and jobs that they made due. ended_at is null while it goes on.
create table sweeps (
    store text not null references stores on delete cascade,
    began_at timestamptz not null,
    documents integer not null default 0,
    jobs integer not null default 0,
    ended_at timestamptz,
    primary key (store, began_at)
);
create index sweeps_began on sweeps (began_at);

-- Triggers, because several statements open an order, park a job or find a store unhealthy; without subscriptions none costs a
-- statement. An event whose order or job is not worth a warning in the log is none here either: see jobs.warned_reason.
create function note_event(kind text, of_store text, of_order text, what jsonb) returns void language sql as $$
    insert into deliveries (subscription_id, event, store, order_key, facts)
    select s.id, kind, of_store, of_order, what
    from subscriptions s join stores o on o.name = of_store left join api_tokens t on t.id = s.token_id
    where kind = any(s.events) and (s.stores is null or of_store = any(s.stores))
      and (s.tenant is null or s.tenant = o.afosto_bucket) and t.revoked_at is null
      and (t.id is null or ((t.stores = '{}' or of_store = any(t.stores)) and (t.tenant is null or t.tenant = o.afosto_bucket)))
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

-- For an autoscaler: what the workers of each queue could do now. jobs: how many of these jobs there are, due: those that are not sent,
-- queued: those that are sent and not begun, slots: how many the living workers run at once. age: seconds for which the first
-- of them has been due; past orders (lane 2) may wait, so they have no age. Where many are due and few are sent, the
-- calls to a vendor are used up, and more workers would help nobody: then only what is sent counts. Of a flow the first
-- 10,000 due jobs that workers may do are counted, so the view costs the same with a million. poll: the polls that are sent and have not ended.
create view queue_backlog as
with flows (queue, direction, flow) as (values
    ('orders', 'import', 'orders'), ('cancellations', 'import', 'cancellations'), ('shipments', 'import', 'shipments'),
    ('returns', 'import', 'returns'), ('exports', 'export', 'looks'), ('exports', 'export', 'cancellations'),
    ('exports', 'export', 'shipments'), ('exports', 'export', 'returns'), ('inventory', 'export', 'inventory')
), jobs_of_queues as (
    select f.queue, sum(d.due)::int as due, min(d.oldest) as oldest, sum(q.queued)::int as queued, min(q.first) as first
    from flows f
    cross join lateral (
        select count(*) as due, min(w.due_at) filter (where w.lane < 2) as oldest from (
            select j.lane, j.due_at from jobs j
            where j.state = 'waiting' and j.direction = f.direction and j.flow = f.flow and j.due_at <= now()
              and j.store not in (
                  select s.name from stores s where s.paused_at is not null
                  union all
                  select o.store from store_flows o
                  where o.direction = f.direction and o.flow = f.flow and (not o.enabled or o.stopped_reason is not null)
                  union all
                  select h.store from store_health h where h.retry_at > now()
              )
            order by j.due_at limit 10000
        ) w
    ) d
    cross join lateral (
        select count(*) as queued, min(j.queued_at) as first from jobs j
        where j.state = 'queued' and j.direction = f.direction and j.flow = f.flow
    ) q
    group by f.queue
), slots_of_queues as (
    select b.queue, b.due, b.oldest, b.queued, b.first, coalesce((
        select sum(w.slots) from workers w where w.queues @> array[b.queue] and w.seen_at > now() - interval '25 seconds'
    ), 0)::int as slots
    from jobs_of_queues b
)
select queue, due, queued, slots,
       case when 2 * queued >= slots then due + queued else queued end as jobs,
       greatest(coalesce(extract(epoch from now() - case when 2 * queued >= slots then least(oldest, first) else first end), 0),
                0)::float8 as age
from slots_of_queues
union all
select 'poll', count(*)::int, 0, 0, count(*)::int, 0 from cursors where running_until > now();
