"""The pages and tables that are made out of the declarations, each time the site is built; none of them is committed.

`markdown` writes tables, `plans` knows what a plan must include, `costs` counts requests, `links` finds the stream that
a field refers to, `diagram` draws these links. `streams`, `objects`, `procedures` and `settings` make the pages, with
the rows of `examples`. `pages` lists everything for the site (`docs/site.py`) and for the tests.
"""
