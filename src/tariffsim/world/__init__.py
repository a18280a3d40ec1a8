"""The world: a mesa model that holds many worlds at once, its governments and its phases."""
