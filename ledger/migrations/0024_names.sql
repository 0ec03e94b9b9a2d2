-- Columns get names that say what they hold. While an update runs, workers of the previous version write and read the old
-- names, so these stay for now and always hold the same as the new ones. A later release, which no such worker can meet, drops
-- the view order_lines, the columns stores.held_until, orders.settled and jobs.told, and with them their three triggers and
-- functions.

-- sold_units: pieces out of the shop's stock for the buyer. undeducted: units of the line that Afosto has open and not
-- deducted; null while the order is not opened in Afosto. undeducted_at: when that was noted.
-- squawk-ignore renaming-table
alter table order_lines rename to sold_lines;
-- squawk-ignore renaming-column
alter table sold_lines rename column held to sold_units;
-- squawk-ignore renaming-column
alter table sold_lines rename column waiting to undeducted;
-- squawk-ignore renaming-column
alter table sold_lines rename column waiting_at to undeducted_at;
-- squawk-ignore renaming-object
alter index order_lines_promised rename to sold_lines_unbooked;
-- squawk-ignore renaming-object
alter index order_lines_noted rename to sold_lines_noted;

-- Each constraint bears the name that it would have had. PostgreSQL 18 names those of `not null` too.
do $$
declare
    old text;
begin
    for old in select conname from pg_constraint where conrelid = 'sold_lines'::regclass loop
        execute format('alter table sold_lines rename constraint %I to %I', old,
                       replace(replace(old, 'order_lines', 'sold_lines'), '_held_', '_sold_units_'));
    end loop;
end
$$;

-- For workers of the previous version: they insert, update and delete through it. They tell a new line by its xmax.
create view order_lines as
select store, order_id, line_id, sku, sold_units as held, document_at, undeducted as waiting, undeducted_at as waiting_at, xmax
from sold_lines;

-- The rule for U: what the shop has sold of a line and Afosto has not booked. The reference is `unbooked_stock` in
-- schemas/mapping/stock.py. The condition is that of the index sold_lines_unbooked, which serves it.
create view unbooked_lines as
select store, order_id, line_id, sku, sold_units, undeducted_at, least(sold_units, undeducted) as unbooked
from sold_lines
where sold_units > 0 and (undeducted is null or undeducted > 0);

-- needs_recovery_before: set when the database was restored from a dump. An order placed before that moment needs recovery.
alter table stores add column needs_recovery_before timestamptz;
update stores set needs_recovery_before = held_until where held_until is not null;

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

-- recovered: since the last restore both sides were compared, or a person decided.
alter table orders add column recovered boolean not null default false;
update orders set recovered = true where settled;

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

-- warned_reason: the reason for which the log last said that the job is parked.
alter table jobs add column warned_reason text;
update jobs set warned_reason = told where told is not null;

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
