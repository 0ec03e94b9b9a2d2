"""Pages that connect a store, invite others to do so, and change or remove a connection later."""
