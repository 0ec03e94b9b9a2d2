-- moved_product_id, moved_variation_id: where the stock was last moved. While ambiguous_until is set, the move may still land there,
-- whatever SKU that product bears by then.
alter table stock add column moved_product_id text;
alter table stock add column moved_variation_id text;
