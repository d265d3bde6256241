"""What enlace says to people: the catalogue of texts, and text that is safe to show."""
