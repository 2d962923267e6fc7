"""Max-min fair (leximin) shares: by a sequence of LPs, by cutting planes, by parametric flow, in closed form."""
