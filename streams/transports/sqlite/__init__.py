"""The embedded log: one durable SQLite file, a client for it, and its Faust transport."""
