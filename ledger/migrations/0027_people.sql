-- A person who signs in to the console. name: in small letters. password_hash: Argon2id. language and zone: of the pages; null is
-- what the browser says, and UTC.
create table users (
    name text primary key,
    role text not null check (role in ('viewer', 'operator', 'admin', 'merchant')),
    password_hash text not null,
    language text,
    zone text,
    created_at timestamptz not null default now(),
    password_at timestamptz not null default now()
);

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

-- The attempts that failed, for the page of a store.
-- squawk-ignore require-concurrent-index-creation
create index attempts_failed on attempts (store, at)
where outcome in ('failed for now', 'unexpected error', 'parked', 'lease lost', 'store has a problem');
