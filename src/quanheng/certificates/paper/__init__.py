"""The certificate on paper: PDF/A-3b with its XML attached, from the content alone."""
