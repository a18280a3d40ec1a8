"""The world: a Mesa model that holds many worlds at once, its governments, its phases and its record."""
