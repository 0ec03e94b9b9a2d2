-- A token of another system can be rotated: its row keeps its id, rights, subscriptions and idempotency keys, and gets another hash.
-- rotated_at: when that was last done; null: never. old_token_hash: the hash of before, accepted until old_until; both null when none is.
-- old_used_at: when the token of before was last used; null: never. Who does not know of these columns refuses the token of before.
-- There are few rows, so old_token_hash needs no index.
alter table api_tokens
    add column rotated_at timestamptz,
    add column old_token_hash bytea,
    add column old_until timestamptz,
    add column old_used_at timestamptz;
