"""The demo: fake providers, a gateway of real processes before them, and the steps that show what it does."""
