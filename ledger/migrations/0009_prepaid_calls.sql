-- How many calls are reserved at each vendor for a job's next run, while it is prepaid.
alter table jobs add column prepaid_epages smallint not null default 0;
alter table jobs add column prepaid_afosto smallint not null default 0;
