#!/bin/sh
# Makes the connector's database and its role, which owns that database and is no superuser. Takes the password from
# POSTGRES_PASSWORD. The official image runs this on the first start of an empty volume.
set -e
psql --username postgres --dbname postgres --set ON_ERROR_STOP=1 --set password="$POSTGRES_PASSWORD" <<'SQL'
create role connector login password :'password';
create database connector owner connector encoding 'UTF8' template template0;
-- Nobody is the superuser over the network: only inside the container, without a password.
alter role postgres password null;
SQL
