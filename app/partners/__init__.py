"""Those who sell, give or allocate supplies."""
