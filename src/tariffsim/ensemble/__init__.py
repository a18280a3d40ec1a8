"""Ensembles: a plan of worlds, the engines that run it and the store that keeps it."""
