"""The same import written for other task queues, each as its own documentation would have it.

Every module has `worker(concurrency)`, the commands of its processes, and `begin(shop)`, which starts one import.
The connectors, whose imports begin by themselves, have no `begin`. None of the others keeps a ledger: what is lost,
sent twice or refused stays so.
"""
