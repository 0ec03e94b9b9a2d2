-- When a store's token was fetched: its life says how long before its end it is fetched anew. Who does not know of it leaves an
-- older moment, which makes the life look longer and the margin wider, five minutes at most.
alter table stores add column token_issued_at timestamptz;
