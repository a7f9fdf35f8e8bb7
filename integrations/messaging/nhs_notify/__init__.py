"""NHS Notify: messages into the NHS App, and its own text behind them."""
