"""# Sign in to Partner Center

Start it by hand, with the form, before the first sync and whenever a run says that a person must sign in again. Then
open the log of the task `sign_in`: it shows an address and a code. Open the address in any browser, enter the code and
sign in with MFA, as the account that the sync is to use. The task waits up to 15 minutes and then tries the sign-in.
No token is ever shown; they are kept encrypted in the sync state.
"""

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG
from cosell.hooks.environment import environments
from cosell.operators import SignInOperator
from cosell.operators.params import SIGN_IN_PARAMS

for environment in environments():
    with DAG(
        dag_id=environment.own("cosell_sign_in"),
        description="Signs a person in to Partner Center by a code typed in any browser",
        doc_md=__doc__,
        schedule=None,
        start_date=datetime(2024, 1, 1, tzinfo=UTC),
        catchup=False,
        is_paused_upon_creation=False,
        max_active_runs=1,
        params=SIGN_IN_PARAMS,
        default_args={"environment": environment.name, "retries": 0, "execution_timeout": timedelta(minutes=20)},
        tags=["cosell", environment.name],
    ):
        SignInOperator(task_id="sign_in")
