"""What steps run in on a Docker host: images, pulled or built there once per content."""
