-- Which SKUs publishing took to zero lately, and which of them a person has seen going there. Who does not know of these
-- columns leaves them as they are.
alter table stock add column emptied_at timestamptz;
alter table stock add column may_empty boolean not null default false;
