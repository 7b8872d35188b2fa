"""The two stages as Faust agents: short loops around pure reading and watching."""
