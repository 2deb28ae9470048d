"""Clockify's workspaces by the thousand: tap and loader once for each, whatever orchestrator asks for it.

The folder is copied beside the DAG (Airflow), the definitions (Dagster) or anywhere (cron: `python -m clockify_fleet`).
It needs nothing but Python 3.11; a state in object storage needs fsspec, one in a database SQLAlchemy, which both
orchestrators bring along. Everything it is told comes from the environment, see `settings`:

- `settings`: programs, API keys, where each workspace is loaded
- `discovery`: which workspaces a key sees, and batches of them
- `states`: STATE per workspace, in object storage, a database or a folder
- `warm`: a program that is imported once and forked for each workspace
- `lines`: what the programs say
- `batch`: a batch of workspaces, one after the other
"""
