"""One outside system each: HTTP, tokens, Partner Center, Dataverse, the state database, staging. No Airflow here."""
