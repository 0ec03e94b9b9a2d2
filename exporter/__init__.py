"""The process that shows the whole fleet to Prometheus: freshness, backlog, workers, limits, servers."""
