"""Verification from the application to the verdict: work orders, readings, four eyes, seals, follow-up, recall."""
