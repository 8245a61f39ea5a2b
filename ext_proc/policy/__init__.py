"""What operators say about calls in conditions and rules."""
