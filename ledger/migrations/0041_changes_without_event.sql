-- Whether Afosto's events come: how many changes scans have found since the last event of the tenant, for which no event had come;
-- when the first and the last of them were found.
alter table walks
    add column changes_missed integer not null default 0,
    add column missed_since timestamptz,
    add column missed_at timestamptz;
