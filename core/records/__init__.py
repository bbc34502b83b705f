"""What SQLite remembers: runs, step runs, traces, assets. The only SQL in the house."""
