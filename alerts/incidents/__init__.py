"""Alerts of one cause as one incident (*vụ việc*): how they are grouped, handled and told."""
