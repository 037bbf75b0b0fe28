"""What happens: one function a verb, one transaction a call."""
