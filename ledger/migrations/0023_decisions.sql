-- What a person decided last about a job, who it was, and when. Each decision stands in attempts too, as long as those are kept.
alter table jobs add column decision text;
alter table jobs add column decided_by text;
alter table jobs add column decided_at timestamptz;
