-- stuck: loops of the process that have not come round for far too long; for the doctor.
alter table workers add column stuck text[] not null default '{}';
