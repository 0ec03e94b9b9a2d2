-- Makes the role by which KEDA asks how many workers each pool needs. It may read one view and nothing else. As PostgreSQL's
-- superuser, after the first migration: psql --dbname connector --set password=LETTERS_AND_DIGITS --file scaler.sql
create role scaler login password :'password' connection limit 5;
alter role scaler set statement_timeout = '5s';
grant connect on database connector to scaler;
grant select on queue_backlog to scaler;
