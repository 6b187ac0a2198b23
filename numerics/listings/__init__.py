"""Programs that a document shows as they stand here, and that an experiment executes.

Each module has one function ``loss(x, g, f)``: the squared error of one pass of a model, summed
over the rows of ``x``. PyTorch is imported inside it, so that the files can be read without it.
"""
