"""The facts of an allocation and its answer: frozen dataclasses, schema, validation, certificates, errors."""
