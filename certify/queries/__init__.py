"""What is seen: rows that an actor may see, worklists and the facts for the rules. Never writes."""
