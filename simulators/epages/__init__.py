"""A simulated ePages Beyond: many shops in one process, with the API that the vendor describes."""
