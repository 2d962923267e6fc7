"""Prices and quantities of markets, alarms, forecasts of series, and subsidies."""
