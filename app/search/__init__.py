"""Search over everything that has a number or a name, within the rights and the reach of who asks."""
