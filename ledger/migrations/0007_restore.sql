-- Whether the import names an order's Afosto order in the order's note. After a restore: orders placed before held_until
-- are settled one by one before anything is done for them.
alter table stores add column mark_orders boolean not null default false, add column held_until timestamptz;
alter table orders add column settled boolean not null default false;
