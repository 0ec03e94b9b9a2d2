-- When a store last had news: one that has been quiet for long is walked and watched less often.
alter table walks add column news_at timestamptz not null default now();
alter table stock_cursors add column news_at timestamptz not null default now();
-- What is deleted by age is found without reading all.
-- squawk-ignore require-concurrent-index-creation
create index inbox_received on inbox (received_at);
-- squawk-ignore require-concurrent-index-creation
create index intents_settled on intents (settled_at) where settled_at is not null;
-- The figures of the status page are counted in small indexes of their own.
-- squawk-ignore require-concurrent-index-creation
create index orders_store on orders (store);
-- squawk-ignore require-concurrent-index-creation
create index orders_tests on orders (store) where is_test;
-- squawk-ignore require-concurrent-index-creation
create index links_opened on links (store) where kind = 'order' and stage = 'opened';
-- Jobs whose calls are reserved are few: dispatch finds them without reading all that wait.
-- squawk-ignore require-concurrent-index-creation
create index jobs_prepaid on jobs (direction, flow, due_at) where state = 'waiting' and prepaid;
