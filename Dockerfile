# Airflow with this package and its locked requirements inside.
FROM apache/airflow:3.3.2-python3.12

# Volumes take over the owner of the folder that they are mounted on.
USER root
RUN install -d -o airflow -g 0 /opt/airflow/own /opt/sandbox
USER airflow

COPY --chown=airflow:0 requirements.txt /opt/cosell/
RUN pip install --no-cache-dir -r /opt/cosell/requirements.txt

COPY --chown=airflow:0 pyproject.toml README.md LICENSE /opt/cosell/
COPY --chown=airflow:0 plugins /opt/cosell/plugins
RUN pip install --no-cache-dir --no-deps /opt/cosell

COPY --chown=airflow:0 dags /opt/airflow/dags
COPY --chown=airflow:0 plugins/cosell_plugin.py plugins/.airflowignore /opt/airflow/plugins/
COPY --chown=airflow:0 include /opt/airflow/include
COPY --chown=airflow:0 sandbox /opt/airflow/sandbox
COPY --chown=airflow:0 local /opt/airflow/local
