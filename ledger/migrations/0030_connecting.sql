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
