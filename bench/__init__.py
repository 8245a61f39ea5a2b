"""What governing a call costs: CPU time of the service, beside that of a null server that decides nothing."""
