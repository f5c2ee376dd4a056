"""Prometheus metrics: a declared catalogue and a collector that reads state when it is scraped.

Nothing here is called per event. Names, labels and help are data in `catalogue`; `sources` says what
the collector reads; `collector` turns it into metric families; `exposition` writes them out.
"""
