-- Whether a store's other jobs succeed is asked at each failure of one: found without reading all its jobs.
-- squawk-ignore require-concurrent-index-creation
create index jobs_done on jobs (store, settled_at) where state = 'done';
