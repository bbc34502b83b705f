"""Machines with a Docker engine: how they are reached and asked; the one door to the docker library."""
