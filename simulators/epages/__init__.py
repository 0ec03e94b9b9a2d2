"""A simulated ePages Beyond: many shops in one process, with an API as the vendor describes it."""
