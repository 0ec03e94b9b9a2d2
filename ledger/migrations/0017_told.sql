-- told: the reason for which the log last said that this job is parked; null again with new content, a retry, or success.
alter table jobs add column told text;

-- What nobody foresaw in the runs over a store (its poll, walk, watch, sweep); a row goes with the next run that succeeds.
create table store_faults (
    store text not null references stores on delete cascade,
    run text not null,
    message text not null,
    since timestamptz not null default now(),
    primary key (store, run)
);
