"""The project against the field: the same topic, the same work, on Kafka."""
