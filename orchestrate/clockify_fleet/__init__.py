"""Loads thousands of Clockify workspaces: runs tap and loader once for each, with any orchestrator.

Copy this folder next to the DAG (Airflow), next to the definitions (Dagster), or anywhere (cron: `python -m
clockify_fleet`). It needs only Python 3.11. STATE in object storage needs fsspec, STATE in a database needs SQLAlchemy;
both orchestrators install these. All settings come from the environment, see `settings`:

- `settings`: programs, API keys, where each workspace is loaded
- `discovery`: which workspaces a key sees, and batches of them
- `states`: STATE per workspace, in object storage, a database or a folder
- `warm`: a program that is imported once and forked for each workspace
- `lines`: the log lines of the programs
- `batch`: loads a batch of workspaces, one after another
"""
