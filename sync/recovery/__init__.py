"""After a restore of the database: nothing that was done since the dump is done a second time."""
