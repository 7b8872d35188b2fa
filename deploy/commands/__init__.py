"""The commands of `canhbao`, one module each; heavy imports wait until a command runs, so that help is fast."""
