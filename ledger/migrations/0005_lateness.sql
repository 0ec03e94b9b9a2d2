-- When the noted lateness was seen: it counts for a day, so that an alarm ends. What was noted before counts no more.
alter table cursors add column lateness_at timestamptz;
