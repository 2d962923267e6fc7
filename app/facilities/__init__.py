"""Geography: zones, facilities, warehouses, lanes, dispatch capacities."""
