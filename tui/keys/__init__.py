"""Actions and the keys that start them: one module for each area, one table of all."""
