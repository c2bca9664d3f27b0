"""Airflow and the simulated Microsoft on this machine: what `make up` and `make demo` start, watch and stop."""
