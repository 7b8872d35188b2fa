"""The bundled crisis: a week of ordinary mentions, then a flood of anger at one province."""
