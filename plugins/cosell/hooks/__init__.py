"""Where Airflow's connections, variables and keys become adapters; the one place that knows both."""
