"""Why a demand gets no more: binding limits, reasons, sensitivities, the price of fairness."""
