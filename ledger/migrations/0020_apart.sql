-- What was joined by equal ids of locations is joined by its tenant from now on. Stores with different keys that sell from
-- one location, or into one channel, have counted as one merchant's: they stay together, so that nobody sells a piece twice.
-- `connector store tenant NAME --alone` sets apart those whose ids are equal by chance.
with recursive held (bucket, kind, id) as (
    select s.afosto_bucket, 'location', l.afosto_id from stores s join locations l on l.store = s.name
    union
    select afosto_bucket, 'channel', channel_id from stores
), near (bucket, other) as (
    select distinct a.bucket, b.bucket from held a join held b on b.kind = a.kind and b.id = a.id
), reached (bucket, other) as (
    select bucket, other from near
    union
    select r.bucket, n.other from reached r join near n on n.bucket = r.other
)
update stores s set afosto_bucket = t.tenant
from (select bucket, min(other) as tenant from reached group by bucket) t
where t.bucket = s.afosto_bucket and t.tenant <> s.afosto_bucket;

-- A draft that a person opens in Afosto is looked at as well. Who does not know of it finds it not open, and looks again.
insert into watched (store, order_id, closed)
select store, epages_id, true from links where kind = 'order' and stage = 'filled' on conflict do nothing;

-- A poll that reads is not taken over by one that is asked for meanwhile. A worker that does not know of it leaves its run
-- running for a minute.
alter table cursors add column running_until timestamptz;
