"""Which plans of Clockify include a feature; the features are named as in `workspaces[].features`."""

from __future__ import annotations

PLAN_OF_FEATURE = {
    "": "every plan",
    "APPROVAL": "Standard and above",
    "ATTENDANCE_REPORT": "Standard and above",
    "AUDIT_LOG": "Enterprise",
    "CUSTOM_FIELDS": "Pro and above",
    "EXPENSES": "Pro and above",
    "INVOICING": "Standard and above",
    "MANAGER_ROLE": "Standard and above",
    "SCHEDULING": "Pro and above",
    "TIME_OFF": "Standard and above",
}


def plan_of(feature: str) -> str:
    """Return the plans that include a feature, and the feature.

    Raises:
        KeyError: No declaration says which plan includes the feature.
    """
    return f"{PLAN_OF_FEATURE[feature]} (feature `{feature}`)" if feature else PLAN_OF_FEATURE[feature]
