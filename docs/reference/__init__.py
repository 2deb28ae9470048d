"""Pages and tables that are generated from the declarations whenever the site is built. None of them is committed.

`markdown` writes tables, `plans` knows which plans include a feature, `costs` counts requests, `links` finds the stream
that a field refers to, `diagram` draws these links. `streams`, `objects`, `procedures` and `settings` make the pages,
with the rows of `examples`. `pages` collects everything for the site (`docs/site.py`) and for the tests.
"""
