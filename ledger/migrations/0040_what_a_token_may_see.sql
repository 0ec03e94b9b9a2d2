-- An event is noted for a subscription only if the token that made it may see the store now, whatever the subscription itself
-- names: one of a token that is limited to some stores of a tenant had those of all its stores.
create or replace function note_event(kind text, of_store text, of_order text, what jsonb) returns void language sql as $$
    insert into deliveries (subscription_id, event, store, order_key, facts)
    select s.id, kind, of_store, of_order, what
    from subscriptions s join stores o on o.name = of_store left join api_tokens t on t.id = s.token_id
    where kind = any(s.events) and (s.stores is null or of_store = any(s.stores))
      and (s.tenant is null or s.tenant = o.afosto_bucket) and t.revoked_at is null
      and (t.id is null or ((t.stores = '{}' or of_store = any(t.stores)) and (t.tenant is null or t.tenant = o.afosto_bucket)))
    order by s.id
$$;
