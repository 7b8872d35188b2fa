"""`canhbao backtest`: what would have fired, under one setting or two, as lines, a table and a picture."""
