-- When a store last had news: one that has been quiet for long is walked and watched less often.
alter table walks add column news_at timestamptz not null default now();
alter table stock_cursors add column news_at timestamptz not null default now();
-- What is deleted by age is found without reading all.
-- squawk-ignore require-concurrent-index-creation
create index inbox_received on inbox (received_at);
-- squawk-ignore require-concurrent-index-creation
create index intents_settled on intents (settled_at) where settled_at is not null;
