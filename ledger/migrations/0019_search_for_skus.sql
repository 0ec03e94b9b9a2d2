-- A search over a shop's catalogue for SKUs that are not where they were: how many products it has passed (null: none
-- runs), and when the last one began. Who does not know of it searches for nothing.
alter table stock_cursors add column searched integer, add column search_began_at timestamptz;
