"""What people write: Azure ML CLI v2 YAML, read into frozen values that remember file and line."""
