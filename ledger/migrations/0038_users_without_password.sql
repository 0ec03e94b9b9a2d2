-- users.has_password: false for a user who signs in with the account of his company only; password_hash is then that of a random
-- password that nobody knows. True for all users from before this column: which of them had a password was not kept.
alter table users add column has_password boolean not null default true;
