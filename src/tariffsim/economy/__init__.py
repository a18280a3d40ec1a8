"""The economy: many regions and sectors with input-output links, solved for many worlds at once."""
