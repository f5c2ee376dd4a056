"""Wire types of Pegel: what stands in Kafka topics, changelogs and HTTP answers.

Only shapes and their encoding live here, no behaviour. Every other package may import `schemas`.
"""
