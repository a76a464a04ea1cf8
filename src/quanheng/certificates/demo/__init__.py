"""The institute of the demonstration county: people, standards and work in every state, by the services of real ones."""
