-- Whether orders of which only a part is paid are opened. Who does not know of it leaves the default: they wait.
alter table stores add column open_partly_paid boolean not null default false;
