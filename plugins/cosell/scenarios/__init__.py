"""Two deals played from end to end, one begun in each system, as the connector's guide has its customers test it."""
