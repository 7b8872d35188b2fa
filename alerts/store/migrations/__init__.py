"""Migrations of the alert store, written by hand and run at start by `alerts.store.sql.migrate`."""
