"""A sweep: a picture for each combination of contents, styles and values of settings, on Dask's workers.

`plan` says what there is to make, `results` keeps what is done, `cluster` opens the workers, `work` is what they do,
`report` and `sheet` are what a reader gets at the end. Nothing here imports Dask or TensorFlow before it is needed.
"""
