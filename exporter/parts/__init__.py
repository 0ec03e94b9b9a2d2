"""What the exporter reads, one module per part. A part that fails leaves the others as they are."""
