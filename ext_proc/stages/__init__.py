"""The stages of a decision, in the order in which the exchange tells them."""
