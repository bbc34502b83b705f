"""Steps in containers: what one is made from, how its log is followed and its end read, and who keeps it."""
