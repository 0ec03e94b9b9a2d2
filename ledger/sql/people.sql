-- name: add_user
insert into users (name, role, password_hash, has_password)
values (%(name)s, %(role)s, %(password_hash)s, %(has_password)s);

-- name: users
select u.name, u.role, u.language, u.zone, u.created_at, u.has_password,
       coalesce((select array_agg(s.store order by s.store) from user_stores s where s.user_name = u.name), '{}') as stores,
       (select max(seen_at) from user_sessions s where s.user_name = u.name) as seen_at
from users u where %(name)s::text is null or u.name = %(name)s order by u.name;

-- name: password_hash
select password_hash from users where name = %(name)s;

-- name: company_user
-- Whose account it is.
select name from users where company_account = %(account)s;

-- name: bind_company_user
-- The user who has no account yet and is named like its mail address gets it. Whoever was invited chose his name himself, without
-- showing that the mail address is his: so a merchant's password and sessions end, and the one with the account has the user alone.
with bound as (
    update users set company_account = %(account)s,
           password_hash = case role when 'merchant' then %(password_hash)s else password_hash end,
           has_password = has_password and role <> 'merchant'
    where name = %(mail)s and company_account is null
    returning name, role
), ended as (
    delete from user_sessions s using bound b where s.user_name = b.name and b.role = 'merchant'
)
select name from bound;

-- name: set_role
update users set role = %(role)s where name = %(name)s returning name;

-- name: take_stores
delete from user_stores where user_name = %(name)s;

-- name: give_store
-- Nothing when there is no such store.
insert into user_stores (user_name, store) select %(name)s, name from stores where name = %(store)s returning store;

-- name: set_password
update users set password_hash = %(password_hash)s, has_password = true, password_at = now()
where name = %(name)s returning name;

-- name: password_used
update users set has_password = true where name = %(name)s and not has_password;

-- name: set_preferences
update users set language = coalesce(%(language)s, language), zone = coalesce(%(zone)s, zone) where name = %(name)s;

-- name: remove_user
delete from users where name = %(name)s returning name;

-- name: begin_session
insert into user_sessions (token_hash, user_name, address, agent, draft)
values (%(token_hash)s, %(user)s, %(address)s, %(agent)s, %(draft)s);

-- name: find_session
-- A session that has not ended was seen; noted at most once a minute.
with found as (
    select id, user_name, created_at, seen_at, address, agent, draft,
           seen_at < now() - %(idle)s * interval '1 second' or created_at < now() - %(longest)s * interval '1 second' as ended
    from user_sessions where token_hash = %(token_hash)s
), seen as (
    update user_sessions s set seen_at = now() from found f
    where s.id = f.id and not f.ended and s.seen_at < now() - interval '1 minute'
)
select id, user_name as "user", created_at, seen_at, address, agent, ended, draft from found;

-- name: sessions
select id, user_name as "user", created_at, seen_at, address, agent, false as ended from user_sessions
where user_name = %(user)s and seen_at >= now() - %(idle)s * interval '1 second'
  and created_at >= now() - %(longest)s * interval '1 second'
order by seen_at desc, id desc;

-- name: end_session
delete from user_sessions where user_name = %(user)s and id = %(id)s returning id;

-- name: end_sessions
delete from user_sessions where user_name = %(name)s and (%(keep)s::bigint is null or id <> %(keep)s);

-- name: keep_draft
update user_sessions set draft = %(draft)s where id = %(id)s;

-- name: guess_alone
-- The account first, everywhere: two sign-ins never wait for each other.
select pg_advisory_xact_lock(27, hashtext(encode(%(account)s, 'hex'))), pg_advisory_xact_lock(28, hashtext(%(address)s));

-- name: try_sign_in
-- Over a limit, `wait` is in how many seconds the attempt that fills it leaves the window; else the attempt is noted.
with recent as (
    (select at from sign_in_attempts where account = %(account)s and at > now() - %(seconds)s * interval '1 second'
     order by at desc offset %(by_account)s - 1 limit 1)
    union all
    (select at from sign_in_attempts where address = %(address)s and at > now() - %(seconds)s * interval '1 second'
     order by at desc offset %(by_address)s - 1 limit 1)
), noted as (
    insert into sign_in_attempts (account, address) select %(account)s, %(address)s where not exists (select 1 from recent)
)
select extract(epoch from max(at) + %(seconds)s * interval '1 second' - now())::float8 as wait from recent;

-- name: forget_attempts
delete from sign_in_attempts where account = %(account)s;
