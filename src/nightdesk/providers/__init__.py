"""Adapters to outer services, one folder a family: `Protocol`, adapters, and the suite that each of them passes.

Knows only `core`. Vendor errors, field names and statuses stop here: they become the operational faults of
`nightdesk.core.errors`.
"""
