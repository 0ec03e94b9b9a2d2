-- A token of another system can be rotated: its row keeps its id, rights, subscriptions and idempotency keys, and gets another hash.
-- rotated_at: when that was last done; null: never. old_token_hash: the hash of before, accepted until old_until; both null when none is.
-- old_used_at: when the token of before was last used; null: never. Who does not know of these columns refuses the token of before.
-- There are few rows, so old_token_hash needs no index.
alter table api_tokens
    add column rotated_at timestamptz,
    add column old_token_hash bytea,
    add column old_until timestamptz,
    add column old_used_at timestamptz;

-- Which users from before has_password had a password was not kept. Who has an account of his company, has never signed in with a
-- password as far as the audit log goes back, and was never given another one, signs in with that account only. If this is wrong for
-- somebody, his password still works, and his next sign-in with it sets the column again.
update users u set has_password = false
where has_password and company_account is not null and password_at = created_at
  and not exists (select from audit a where a.user_name = u.name and a.action = 'sign_in.enter' and a.outcome = 'done');
