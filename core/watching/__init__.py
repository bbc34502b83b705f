"""Noticing that files changed which a pipeline depends on. A change is a reason to plan, never a decision."""
