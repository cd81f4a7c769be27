"""The course where learners take it: JupyterLab in a real browser."""
