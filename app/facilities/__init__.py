"""Where things are: zones, facilities, warehouses, lanes, dispatch capacities."""
