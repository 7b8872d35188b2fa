"""Apache Kafka as the project starts it for tests and trials: one broker, on loopback, in one directory."""
