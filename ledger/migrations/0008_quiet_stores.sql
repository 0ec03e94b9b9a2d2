-- When a store last had news: one that has been quiet for long is walked and watched less often.
alter table walks add column news_at timestamptz not null default now();
alter table stock_cursors add column news_at timestamptz not null default now();
