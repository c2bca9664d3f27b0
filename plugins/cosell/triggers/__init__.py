"""Waiting in Airflow's triggerer, which holds no worker."""
