"""The same import written for other task queues, each as its own documentation recommends.

Every module has `worker(concurrency)`, which returns the commands of its processes, and `begin(shop)`, which starts one
import. The connectors have no `begin`, because their imports start by themselves. None of the others keeps a ledger: an
order that is lost, sent twice or refused stays so.
"""
