"""What is true: the rules of the process. Standard library only; no clock, no database, no web."""
