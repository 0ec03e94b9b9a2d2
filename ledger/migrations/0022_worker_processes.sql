-- pid: with the host it tells the next process of a pool which ones it replaces. settings: those the process runs with, without
-- addresses of servers and secrets; doctor and status judge by them.
alter table workers add column pid integer;
alter table workers add column settings jsonb not null default '{}';
